// SPDX-License-Identifier: Apache-2.0
// Under which requester IDs a function's requests may reach an IOMMU (PCI Express to PCI/PCI-X Bridge specification,
// 2.3). Software keys the IOMMU with all of them, as Linux does: missing one means faults.
#pragma once

#include "platforms/description.h"

#include <vector>

namespace iommusim::platforms {

/// The function's own ID first, then its DMA aliases, then the ID of the PCIe-to-PCI bridge that it stands behind, each
/// once. `parent`: the port or bridge above; nullptr on a root bus. Buses must have been numbered.
std::vector<RequesterId> requester_ids(const FunctionDescription& function, const FunctionDescription* parent);

}  // namespace iommusim::platforms
