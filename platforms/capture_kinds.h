// SPDX-License-Identifier: Apache-2.0
// The captures of each architecture.
#pragma once

#include "platforms/capture.h"
#include "platforms/captured_registers.h"

#include <filesystem>

namespace iommusim::platforms {

/// `registers` are those of `folder`.
Capture load_vtd_capture(const CapturedRegisters& registers, const std::filesystem::path& folder);
Capture load_smmuv3_capture(const CapturedRegisters& registers, const std::filesystem::path& folder);

}  // namespace iommusim::platforms
