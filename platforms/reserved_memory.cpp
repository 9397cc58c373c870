// SPDX-License-Identifier: Apache-2.0
#include "platforms/reserved_memory.h"

#include <algorithm>

namespace iommusim::platforms {

std::vector<const RmrrDescription*> reserved_memory_of(const IommuDescription& iommu,
                                                       const std::vector<std::string>& devices) {
  std::vector<const RmrrDescription*> regions;
  for (const RmrrDescription& region : iommu.rmrrs)
    if (std::find_first_of(region.devices.begin(), region.devices.end(), devices.begin(), devices.end()) !=
        region.devices.end())
      regions.push_back(&region);
  return regions;
}

const RmrrDescription* find_reserved_memory(const Machine& machine, pcie::NodeIndex device, PhysAddr address) {
  const auto unit = machine.iommu_of(device);
  if (!unit) return nullptr;
  for (const RmrrDescription* region :
       reserved_memory_of(machine.description().iommus[*unit], {machine.describe(device).name}))
    if (region->range.contains(address)) return region;
  return nullptr;
}

}  // namespace iommusim::platforms
