// SPDX-License-Identifier: Apache-2.0
// The driver with devices that keep translations and ask for pages, in both table modes. Oracle: VT-d specification,
// 6.5.2 for what is invalidated in which order, 7.4 to 7.6 for page requests.
#include "device_services.h"
#include "driver_fixture.h"
#include "software/driver_error.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::tests;
using software::DeviceTlb;
using software::DomainId;
using software::DomainKind;
using software::DriverError;
using software::Invalidate;

namespace {

vtd::UnitConfig legacy_with_device_tlbs() {
  vtd::UnitConfig config;
  config.device_tlb = true;
  return config;
}

vtd::UnitConfig scalable_with_page_requests() {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.device_tlb = true;
  config.page_requests = true;
  return config;
}

struct DeviceFixture : DeviceServices<DriverFixture> {
  using DeviceServices<DriverFixture>::DeviceServices;

  DomainId start_with(DeviceTlb services) {
    driver.enable();
    const DomainId domain = driver.create_domain(DomainKind::translating);
    driver.attach(domain, nic, services);
    driver.map(domain, {Iova{0x10'0000}, PhysAddr{0x80'0000}, 4 * page_4k, {true, true}});
    return domain;
  }
};

}  // namespace

TEST_CASE("In either mode an attached device may ask for translations when it is let", "[software][vtd][ats]") {
  DeviceFixture f{GENERATE(legacy_with_device_tlbs(), scalable_with_page_requests())};
  f.start_with(DeviceTlb::yes);
  CHECK(f.reaches(nic, 0x10'0000, 0x80'0000));
  const auto answer = f.ask(nic, 0x10'1000);
  CHECK(answer.outcome == iommu::Outcome::translated);
  CHECK(answer.address == PhysAddr{0x80'1000});
  CHECK(answer.readable);
  CHECK(answer.writable);
  // Nothing there: a successful completion without rights.
  const auto nothing = f.ask(nic, 0x20'0000);
  CHECK(nothing.status == CompletionStatus::successful);
  CHECK_FALSE(nothing.readable);
  CHECK(f.driver.drain_faults().records.empty());
}

TEST_CASE("A device that is not let is refused", "[software][vtd][ats]") {
  DeviceFixture f{GENERATE(legacy_with_device_tlbs(), scalable_with_page_requests())};
  f.start_with(DeviceTlb::no);
  CHECK(f.ask(nic, 0x10'0000).status == CompletionStatus::unsupported_request);
}

TEST_CASE("An unmapping reaches the devices of the domain after the unit", "[software][vtd][ats]") {
  DeviceFixture f{GENERATE(legacy_with_device_tlbs(), scalable_with_page_requests())};
  const DomainId domain = f.start_with(DeviceTlb::yes);
  f.driver.attach(domain, disk);
  f.driver.unmap(domain, Iova{0x10'0000}, 4 * page_4k, Invalidate::yes);
  REQUIRE(f.asked.size() == 1);
  CHECK(f.asked[0].target == nic);
  CHECK(f.asked[0].block == Range<Iova>{Iova{0x10'0000}, Iova{0x10'3FFF}});
}

TEST_CASE("A single page is a block of 4 KiB", "[software][vtd][ats]") {
  DeviceFixture f{legacy_with_device_tlbs()};
  const DomainId domain = f.start_with(DeviceTlb::yes);
  f.driver.unmap(domain, Iova{0x10'1000}, page_4k, Invalidate::yes);
  REQUIRE(f.asked.size() == 1);
  CHECK(f.asked[0].block == Range<Iova>{Iova{0x10'1000}, Iova{0x10'1FFF}});
}

TEST_CASE("An unmapping that leaves devices out tells none", "[software][vtd][ats]") {
  DeviceFixture f{legacy_with_device_tlbs()};
  const DomainId domain = f.start_with(DeviceTlb::yes);
  CHECK(f.reaches(nic, 0x10'0000, 0x80'0000));
  f.driver.unmap(domain, Iova{0x10'0000}, 4 * page_4k, GENERATE(Invalidate::no, Invalidate::unit_only));
  CHECK(f.asked.empty());
}

TEST_CASE("A device that leaves its domain loses everything it knew", "[software][vtd][ats]") {
  DeviceFixture f{GENERATE(legacy_with_device_tlbs(), scalable_with_page_requests())};
  f.start_with(DeviceTlb::yes);
  f.driver.detach(nic);
  REQUIRE(f.asked.size() == 1);
  CHECK(f.asked[0].block == Range<Iova>::everything());
  CHECK(f.fault_reason(nic, 0x10'0000) != 0);
}

TEST_CASE("Software gives up a device that does not answer", "[software][vtd][ats]") {
  DeviceFixture f{legacy_with_device_tlbs()};
  const DomainId domain = f.start_with(DeviceTlb::yes);
  f.answers = false;
  f.driver.unmap(domain, Iova{0x10'0000}, page_4k, Invalidate::yes);
  CHECK(f.bus.unit().waits_for_devices());
  // The unit's time is over; software finds that, clears it and its queue goes on.
  f.bus.unit().time_out_invalidations();
  f.answers = true;
  f.driver.unmap(domain, Iova{0x10'1000}, page_4k, Invalidate::yes);
  f.driver.unmap(domain, Iova{0x10'2000}, page_4k, Invalidate::yes);
  CHECK(f.asked.back().block.first == Iova{0x10'2000});
  CHECK_FALSE(f.bus.unit().waits_for_devices());
  CHECK(f.fault_reason(nic, 0x10'2000) != 0);
}

TEST_CASE("Only a unit and tables that can are used for device TLBs", "[software][vtd][ats]") {
  DriverFixture without;
  without.driver.enable();
  const DomainId domain = without.driver.create_domain(DomainKind::translating);
  CHECK_FALSE(without.driver.offers_device_tlbs(domain));
  CHECK_THROWS_AS(without.driver.attach(domain, nic, DeviceTlb::yes), DriverError);

  DriverFixture with{legacy_with_device_tlbs()};
  with.driver.enable();
  CHECK(with.driver.offers_device_tlbs(with.driver.create_domain(DomainKind::translating)));
  CHECK_FALSE(with.driver.offers_device_tlbs(with.driver.create_domain(DomainKind::identity)));
  // Page requests need scalable mode.
  CHECK_FALSE(with.driver.offers_page_requests(with.driver.create_domain(DomainKind::translating)));
}

TEST_CASE("Page requests are handled in order and answered one by one", "[software][vtd][pri]") {
  DeviceFixture f{scalable_with_page_requests()};
  const DomainId domain = f.start_with(DeviceTlb::with_page_requests);
  CHECK(f.driver.offers_page_requests(domain));
  f.bus.unit().request_page(page_request(nic, 0x50'0000, 3));
  f.bus.unit().request_page(page_request(nic, 0x60'0000, 4));
  std::vector<std::uint64_t> handled;
  const auto served = f.driver.serve_page_requests([&](const iommu::PageRequest& request) {
    handled.push_back(request.address.value());
    CHECK(request.requester == nic);
    CHECK(request.write);
    CHECK_FALSE(request.read);
    if (request.group != 3) return iommu::PageResponse::invalid_request;
    f.driver.map(domain, {request.address, PhysAddr{0x90'0000}, page_4k, {true, true}});
    return iommu::PageResponse::success;
  });
  CHECK(served == 2);
  CHECK(handled == std::vector<std::uint64_t>{0x50'0000, 0x60'0000});
  REQUIRE(f.responses.size() == 2);
  CHECK(f.responses[0].group == 3);
  CHECK(f.responses[0].code == iommu::PageResponse::success);
  CHECK(f.responses[1].code == iommu::PageResponse::invalid_request);
  CHECK(f.reaches(nic, 0x50'0000, 0x90'0000));
  CHECK(f.driver.serve_page_requests([](const auto&) { return iommu::PageResponse::success; }) == 0);
}

TEST_CASE("After an overflow the queue goes on once software has served it", "[software][vtd][pri]") {
  DeviceFixture f{scalable_with_page_requests()};
  f.start_with(DeviceTlb::with_page_requests);
  const auto refuse = [](const iommu::PageRequest&) { return iommu::PageResponse::invalid_request; };
  for (unsigned i = 0; i < 130; ++i)
    f.bus.unit().request_page(page_request(nic, page_4k * i, static_cast<std::uint16_t>(i)));
  // 127 are in the queue; the others were told to ask again.
  CHECK(f.responses.size() == 3);
  CHECK(f.driver.serve_page_requests(refuse) == 127);
  f.bus.unit().request_page(page_request(nic, 0x50'0000, 200));
  CHECK(f.driver.serve_page_requests(refuse) == 1);
}

TEST_CASE("A device without PRE gets no page", "[software][vtd][pri]") {
  DeviceFixture f{scalable_with_page_requests()};
  f.start_with(DeviceTlb::yes);
  f.bus.unit().request_page(page_request(nic, 0x50'0000, 3));
  REQUIRE(f.responses.size() == 1);
  CHECK(f.responses[0].code == iommu::PageResponse::invalid_request);
  const auto faults = f.driver.drain_faults();
  REQUIRE(faults.records.size() == 1);
  CHECK(faults.records[0].reason == 0x47);
  CHECK(faults.records[0].request == software::FaultedRequest::page_request);
}
