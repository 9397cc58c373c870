// SPDX-License-Identifier: Apache-2.0
// What a captured IOMMU is and whom it translates for, in words.
#pragma once

#include "platforms/capture.h"

#include <string>
#include <string_view>

namespace iommusim::app {

/// The unit, what ours lacks of it, its state, the captured memory, and each requester that it knows.
std::string summary_of(const platforms::Capture& capture, const std::string& name);

std::string summary_of_smmuv3(const platforms::Capture& capture, const std::string& name);
std::string summary_of_vtd(const platforms::Capture& capture, const std::string& name);

// What the summaries of every architecture have.

/// "  title          text" and a line feed.
std::string summary_line(std::string_view title, const std::string& text);
/// "16 MiB mapped in 3 ranges".
std::string mapped_text(const iommu::InputSpace& space);
/// "1.2 MiB captured in 5 ranges".
std::string memory_text(const memory::SparseMemory& memory);
/// What ours lacks of the unit: "ECAP.MHMV, ECAP.IR".
std::string unsupported_of(const platforms::Capture& capture);

}  // namespace iommusim::app
