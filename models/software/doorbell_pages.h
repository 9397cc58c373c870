// SPDX-License-Identifier: Apache-2.0
// Where the devices of one domain find doorbells, when the IOMMU translates messages as it does other writes (Arm; in
// Linux the MSI cookie of a domain).
#pragma once

#include "software/iommu_driver.h"
#include "software/iova_allocator.h"

#include <map>
#include <variant>

namespace iommusim::software {

/// Every page with doorbells is mapped once in the domain: to be written, as device memory.
class DoorbellPages {
 public:
  /// In a domain whose owner chooses the other addresses: the pages of `window` one after another, whatever else is
  /// mapped (arm_software_msi_window). `driver` must outlive it.
  DoorbellPages(IommuDriver& driver, DomainId domain, const Range<Iova>& window);
  /// In a domain of the DMA API, which gives a page of doorbells an address as it gives one to a buffer. Both must
  /// outlive it.
  DoorbellPages(IommuDriver& driver, DomainId domain, IovaAllocator& iovas);

  /// What a device has to write to so that `doorbell` is written. `last` is the last address that the device can send
  /// to, which only the DMA API asks for. Throws DriverError when no page is left, or when the domain's owner mapped
  /// the next one.
  Iova address_of(PhysAddr doorbell, Iova last);

 private:
  Iova next_page(Iova last);
  Iova next_of(const Range<Iova>& window) const;

  IommuDriver& driver_;
  DomainId domain_;
  std::variant<Range<Iova>, IovaAllocator*> source_;
  /// By the doorbell's page.
  std::map<PhysAddr, Iova> pages_;
};

}  // namespace iommusim::software
