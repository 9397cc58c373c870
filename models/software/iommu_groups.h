// SPDX-License-Identifier: Apache-2.0
// IOMMU groups as Linux forms them: the smallest sets of functions that it believes isolated from one another
// (its drivers/iommu and drivers/pci). A group is a belief: hardware may let its members reach others.
#pragma once

#include "software/pci_hierarchy.h"

#include <cstddef>
#include <vector>

namespace iommusim::software {

/// Group number of each device, in the order of the hierarchy; numbers begin at 0 in the order of discovery. Control
/// bits count as they are now: what changes them later changes no group.
std::vector<std::size_t> form_groups(const PciHierarchy& devices);

}  // namespace iommusim::software
