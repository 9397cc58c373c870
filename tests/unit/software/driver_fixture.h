// SPDX-License-Identifier: Apache-2.0
// A driver beside a real unit model, and DMA requests to ask the unit.
#pragma once

#include "iommu/vtd/unit.h"
#include "software/page_allocator.h"
#include "software/vtd_driver.h"
#include "support/unit_bus.h"

namespace iommusim::tests {

constexpr RequesterId nic{3, 0, 0};
constexpr RequesterId disk{3, 0, 1};

/// 4 GiB of DRAM; the driver's tables lie from 16 MiB to 64 MiB.
struct DriverFixture {
  explicit DriverFixture(const vtd::UnitConfig& unit_config = {}, const software::VtdDriverConfig& extra = {})
      : bus{unit_config, {PhysAddr{0}, PhysAddr{0xFFFF'FFFF}}},
        pages{bus, {PhysAddr{0x100'0000}, PhysAddr{0x3FF'FFFF}}},
        driver{bus, pages, at_unit(extra, unit_config)} {}

  /// A translating domain with `requester` in it, translation on.
  software::DomainId start(RequesterId requester = nic) {
    driver.enable();
    const software::DomainId domain = driver.create_domain(software::DomainKind::translating);
    driver.attach(domain, requester);
    return domain;
  }

  iommu::TranslationResult request(RequesterId requester, std::uint64_t address,
                                   Operation operation = Operation::read) {
    iommu::TranslationRequest request;
    request.requester = requester;
    request.operation = operation;
    request.address = Iova{address};
    request.size = 4;
    iommu::FetchLog fetches;
    return bus.unit().translate(request, fetches);
  }
  bool reaches(RequesterId requester, std::uint64_t address, std::uint64_t physical) {
    const auto result = request(requester, address);
    return result.outcome == iommu::Outcome::translated && result.address == PhysAddr{physical};
  }
  /// 0: no fault.
  unsigned fault_reason(RequesterId requester, std::uint64_t address, Operation operation = Operation::read) {
    const auto result = request(requester, address, operation);
    return result.outcome == iommu::Outcome::fault ? result.fault_reason : 0;
  }

  UnitBus bus;
  software::PageAllocator pages;
  software::VtdDriver driver;

 private:
  static software::VtdDriverConfig at_unit(software::VtdDriverConfig config, const vtd::UnitConfig& unit_config) {
    config.register_base = unit_config.register_base;
    return config;
  }
};

}  // namespace iommusim::tests
