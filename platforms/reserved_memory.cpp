// SPDX-License-Identifier: Apache-2.0
#include "platforms/reserved_memory.h"

#include <algorithm>

namespace iommusim::platforms {

bool is_for(const RmrrDescription& region, const std::string& device) {
  return std::find(region.devices.begin(), region.devices.end(), device) != region.devices.end();
}

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
  for (const RmrrDescription& region : machine.description().iommus[*unit].rmrrs)
    if (region.range.contains(address) && is_for(region, machine.describe(device).name)) return &region;
  return nullptr;
}

}  // namespace iommusim::platforms
