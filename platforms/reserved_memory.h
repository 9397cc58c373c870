// SPDX-License-Identifier: Apache-2.0
// Memory that firmware uses with devices, as its tables list it (RMRR: VT-d specification, 8.4; RMR: IORT, 3.1.1.5).
#pragma once

#include "platforms/machine.h"

#include <string>
#include <vector>

namespace iommusim::platforms {

/// The regions of one or several devices behind `iommu`, in the order of the file.
std::vector<const RmrrDescription*> reserved_memory_of(const IommuDescription& iommu,
                                                       const std::vector<std::string>& devices);

/// Where a device finds the region when it is mapped one to one.
inline Range<Iova> one_to_one(const RmrrDescription& region) {
  return {Iova{region.range.first.value()}, Iova{region.range.last.value()}};
}

/// The region of this device at a physical address; nullptr: there is none.
const RmrrDescription* find_reserved_memory(const Machine& machine, pcie::NodeIndex device, PhysAddr address);

}  // namespace iommusim::platforms
