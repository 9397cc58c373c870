// SPDX-License-Identifier: Apache-2.0
// What Linux makes of the memory that firmware uses with a device.
#pragma once

#include "platforms/machine.h"
#include "platforms/reserved_memory.h"
#include "software/reserved_regions.h"

namespace iommusim::analysis {

/// The regions that the IOMMU's driver reports for the device: firmware's memory and the window for messages.
/// Precondition: an IOMMU is above it.
software::ReservedRegions reported_regions(const platforms::Machine& machine, pcie::NodeIndex device);

/// Users of VFIO and iommufd may have the addresses of this region of the device for themselves.
bool is_relaxable(const platforms::Machine& machine, pcie::NodeIndex device, const platforms::RmrrDescription& region);

}  // namespace iommusim::analysis
