// SPDX-License-Identifier: Apache-2.0
// What a captured IOMMU is and whom it translates for, in words.
#pragma once

#include "platforms/capture.h"

#include <string>

namespace iommusim::app {

/// The unit, what ours lacks of it, its state, the captured memory, and each requester with a context entry.
std::string summary_of(const platforms::Capture& capture, const std::string& name);

/// What ours lacks of the unit: "ECAP.MHMV, ECAP.IR".
std::string unsupported_of(const platforms::Capture& capture);

}  // namespace iommusim::app
