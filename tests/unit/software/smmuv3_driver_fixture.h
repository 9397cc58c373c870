// SPDX-License-Identifier: Apache-2.0
// The SMMUv3 driver beside a real unit model, and DMA requests to ask the unit.
#pragma once

#include "software/page_allocator.h"
#include "software/smmuv3_driver.h"
#include "support/smmuv3_bench.h"
#include "support/smmuv3_unit_bus.h"

namespace iommusim::tests::smmu {

constexpr RequesterId nic{3, 0, 0};
constexpr RequesterId disk{3, 0, 1};

// Event numbers.
constexpr unsigned c_bad_streamid = 0x02;
constexpr unsigned f_translation = 0x10;
constexpr unsigned f_permission = 0x13;

/// Nothing but a first stage, as in an emulated machine; and a unit with everything.
inline smmuv3::UnitConfig plain_unit() {
  return {};
}
inline smmuv3::UnitConfig full_unit() {
  return full_config();
}

/// DRAM of 4 GiB above the registers; the driver's tables lie from 1 GiB on.
struct DriverFixture {
  static constexpr std::uint64_t ram = 0x4000'0000;

  explicit DriverFixture(const smmuv3::UnitConfig& unit_config = plain_unit(),
                         const software::Smmuv3DriverConfig& extra = {})
      : bus{unit_config, {PhysAddr{ram}, PhysAddr{ram + 0xFFFF'FFFF}}},
        pages{bus, {PhysAddr{ram}, PhysAddr{ram + 0x3FF'FFFF}}},
        driver{bus, pages, at_unit(extra, unit_config)} {}

  /// A translating domain with `requester` in it, translation on.
  software::DomainId start(software::Stage stage = software::Stage::first, RequesterId requester = nic,
                           software::DeviceTlb device_tlb = software::DeviceTlb::no) {
    driver.enable();
    const software::DomainId domain = driver.create_domain(software::DomainKind::translating, stage);
    driver.attach(domain, requester, device_tlb);
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
  bool reaches(RequesterId requester, std::uint64_t address, std::uint64_t physical,
               Operation operation = Operation::read) {
    const auto result = request(requester, address, operation);
    return result.outcome == iommu::Outcome::translated && result.address == PhysAddr{physical};
  }
  /// Event number; 0: no fault, or none that has a number.
  unsigned event(RequesterId requester, std::uint64_t address, Operation operation = Operation::read) {
    const auto result = request(requester, address, operation);
    return result.outcome == iommu::Outcome::fault ? result.fault_reason : 0;
  }
  bool refuses(RequesterId requester, std::uint64_t address) {
    return request(requester, address).outcome == iommu::Outcome::fault;
  }
  /// What a request with nothing in the caches would fetch.
  iommu::FetchLog fetches(RequesterId requester, std::uint64_t address) {
    if (const auto domain = driver.domain_of(requester)) driver.invalidate(*domain, Iova{0}, ~std::uint64_t{0});
    iommu::TranslationRequest request;
    request.requester = requester;
    request.operation = Operation::write;
    request.address = Iova{address};
    request.size = 4;
    iommu::FetchLog log;
    bus.unit().decide(request, log);
    return log;
  }
  std::uint64_t last_descriptor(RequesterId requester, std::uint64_t address) {
    return fetches(requester, address).back().value[0];
  }
  std::uint32_t read32(std::uint64_t at) { return static_cast<std::uint32_t>(bus.unit().read_register(at, 4)); }
  bool has_errors() { return read32(offset::gerror) != read32(offset::gerrorn); }

  UnitBus bus;
  software::PageAllocator pages;
  software::Smmuv3Driver driver;

 private:
  static software::Smmuv3DriverConfig at_unit(software::Smmuv3DriverConfig config,
                                              const smmuv3::UnitConfig& unit_config) {
    config.register_base = unit_config.register_base;
    return config;
  }
};

}  // namespace iommusim::tests::smmu
