// SPDX-License-Identifier: Apache-2.0
// Whether firmware of a device finds its memory at the memory's own address, and who else has something there.
#pragma once

#include "analysis/device_map.h"
#include "analysis/firmware_memory.h"

#include <optional>
#include <vector>

namespace iommusim::analysis {

/// Of each region that firmware uses with the device, against the rows of its map.
std::vector<FirmwareRegion> find_firmware_regions(const platforms::Machine& machine,
                                                  const platforms::OperatingSystem& system, pcie::NodeIndex device,
                                                  const std::vector<MapRow>& rows);

}  // namespace iommusim::analysis
