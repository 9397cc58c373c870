// SPDX-License-Identifier: Apache-2.0
// Which I/O virtual addresses each part of Linux believes that a device can use (its dma-iommu,
// VFIO and iommufd). None of them asks whether hardware takes such an address to memory.
#pragma once

#include "software/address_set.h"
#include "software/reserved_regions.h"

#include <vector>

namespace iommusim::software {

/// What Linux knows of a device behind an IOMMU.
struct AddressingFacts {
  /// Addresses below 2^domain_bits can be mapped: what the IOMMU and its tables take.
  unsigned domain_bits = 48;
  /// The device's DMA mask: 1 to 64.
  unsigned device_bits = 64;
  /// Outbound memory windows of its host bridge, as bus addresses.
  std::vector<Range<Iova>> outbound;
  /// dma-ranges of its host bridge; empty: everything.
  std::vector<Range<Iova>> inbound;
  /// Reserved regions of the device, of all devices in its group, and of the device that came first into the group.
  ReservedRegions own;
  ReservedRegions group;
  ReservedRegions first_of_group;
};

struct SoftwareViews {
  /// Kernel drivers: what the IOVA allocator may give out.
  AddressSet dma_api;
  /// Users of VFIO containers: the ranges that the container reports.
  AddressSet vfio;
  /// Users of iommufd: the ranges that the I/O address space reports.
  AddressSet iommufd;
};

/// What VFIO and iommufd let users of devices with these regions map: all that a domain of `domain_bits` takes but for
/// regions that are not relaxable.
AddressSet usable_by_users(const ReservedRegions& regions, unsigned domain_bits);

SoftwareViews views_behind_iommu(const AddressingFacts& facts);

/// The DMA API without translation: memory is used at the address at which the bus sees it. Nobody else offers the
/// device to users.
struct DirectFacts {
  unsigned device_bits = 64;
  std::vector<Range<Iova>> memory;
};
SoftwareViews views_without_translation(const DirectFacts& facts);

}  // namespace iommusim::software
