// SPDX-License-Identifier: Apache-2.0
// Under which requester IDs the requests of a function may reach the root (PCI Express to PCI/PCI-X Bridge
// specification, 2.3). An IOMMU must know them all.
#pragma once

#include "base/requester_id.h"
#include "software/pci_hierarchy.h"

#include <cstddef>
#include <vector>

namespace iommusim::software {

struct DmaAlias {
  RequesterId id;
  /// The function itself, or the bridge above it that gives its requests this ID.
  std::size_t owner = 0;
};

/// The function's own ID first, then its quirks, then what bridges on the way up add. Ports of PCI Express add nothing.
std::vector<DmaAlias> dma_aliases(const PciHierarchy& devices, std::size_t index);

}  // namespace iommusim::software
