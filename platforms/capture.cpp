// SPDX-License-Identifier: Apache-2.0
#include "platforms/capture.h"

#include "platforms/capture_kinds.h"

#include <filesystem>

namespace iommusim::platforms {

Capture load_capture(const std::string& folder) {
  const std::filesystem::path path{folder};
  const CapturedRegisters registers = read_captured_registers((path / "registers.json").string());
  return registers.of_smmu ? load_smmuv3_capture(registers, path) : load_vtd_capture(registers, path);
}

}  // namespace iommusim::platforms
