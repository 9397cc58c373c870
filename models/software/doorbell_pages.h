// SPDX-License-Identifier: Apache-2.0
// Where the devices of one domain find doorbells, when the IOMMU translates messages as it does other writes (Arm; in
// Linux the MSI cookie of a domain).
#pragma once

#include "software/iommu_driver.h"

#include <cstdint>
#include <functional>
#include <map>

namespace iommusim::software {

/// Every page with doorbells is mapped once in the domain: to be written, as device memory.
class DoorbellPages {
 public:
  /// Which page of the window is taken next.
  enum class Order : std::uint8_t {
    /// From the first on, whatever else is mapped: a domain whose owner chooses the other addresses
    /// (arm_software_msi_window).
    ascending,
    /// From the last on, past what is mapped: a domain whose addresses the operating system hands out.
    descending,
  };
  /// Nothing of the range is mapped or reserved.
  using IsFree = std::function<bool(const Range<Iova>&)>;

  /// `driver` must outlive it.
  DoorbellPages(IommuDriver& driver, DomainId domain, const Range<Iova>& window, Order order);

  /// What a device has to write to so that `doorbell` is written. Throws DriverError when the window is full, or its
  /// next page is mapped by the domain's owner.
  Iova address_of(PhysAddr doorbell, const IsFree& is_free);

 private:
  Range<Iova> next_page(const IsFree& is_free) const;
  Range<Iova> page_at(std::uint64_t index) const;

  IommuDriver& driver_;
  DomainId domain_;
  Range<Iova> window_;
  Order order_;
  /// By the doorbell's page.
  std::map<PhysAddr, Iova> pages_;
};

}  // namespace iommusim::software
