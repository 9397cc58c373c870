// SPDX-License-Identifier: Apache-2.0
// The SMMUv3 driver with devices that keep translations, ask for pages or wait for them. Oracle: SMMUv3 architecture,
// 3.9.1 for what is invalidated in which order, 8 for page requests, 3.12.2 for stalls.
#include "device_services.h"
#include "smmuv3_driver_fixture.h"
#include "software/driver_error.h"

#include <catch2/catch.hpp>

#include <optional>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using iommu::PageResponse;
using iommu::StallVerdict;
using software::DeviceTlb;
using software::DomainId;
using software::DomainKind;
using software::DriverError;
using software::FaultedRequest;
using software::Invalidate;
using software::Stage;
using tests::DeviceServices;
using tests::page_request;

namespace {

software::Smmuv3DriverConfig with_stalls() {
  software::Smmuv3DriverConfig config;
  config.stalling = {nic};
  return config;
}

struct DeviceFixture : DeviceServices<DriverFixture> {
  explicit DeviceFixture(const software::Smmuv3DriverConfig& config = {})
      : DeviceServices<DriverFixture>{full_unit(), config} {}
  DomainId start_with(DeviceTlb services, Stage stage = Stage::first) {
    const DomainId domain = start(stage, nic, services);
    driver.map(domain, {Iova{0x10'0000}, PhysAddr{0x80'0000}, 4 * page_4k, {true, true}});
    return domain;
  }
};

/// Changes the first command that the driver puts into the queue next, once.
class CorruptingBus final : public UnitBus {
 public:
  using UnitBus::UnitBus;

  void corrupt_next(std::uint64_t low_word) { corruption_ = low_word; }
  void store(PhysAddr address, const void* from, std::size_t size) override {
    if (corruption_ && address == unit().config().register_base + offset::cmdq_prod) {
      constexpr std::uint64_t queue_pages = 0x000F'FFFF'FFFF'F000;
      constexpr std::uint64_t last_slot = 255;
      const std::uint64_t slot = unit().read_register(offset::cmdq_prod, 4) & last_slot;
      const PhysAddr next{(unit().read_register(offset::cmdq_base, 8) & queue_pages) + 16 * slot};
      UnitBus::store(next, &*corruption_, 8);
      corruption_.reset();
    }
    UnitBus::store(address, from, size);
  }

 private:
  std::optional<std::uint64_t> corruption_;
};

}  // namespace

TEST_CASE("In either stage an attached device may ask for translations when it is let", "[software][smmuv3][ats]") {
  DeviceFixture f;
  f.start_with(DeviceTlb::yes, GENERATE(Stage::first, Stage::second));
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

TEST_CASE("A device that is not let is refused by the SMMU", "[software][smmuv3][ats]") {
  DeviceFixture f;
  f.start_with(DeviceTlb::no);
  CHECK(f.ask(nic, 0x10'0000).status == CompletionStatus::unsupported_request);
  iommu::TranslationRequest translated;
  translated.requester = nic;
  translated.address_type = AddressType::translated;
  translated.address = Iova{0x80'0000};
  translated.size = 4;
  iommu::FetchLog fetches;
  CHECK(f.bus.unit().translate(translated, fetches).outcome == iommu::Outcome::fault);
}

TEST_CASE("An unmapping reaches the devices of the domain in one aligned block", "[software][smmuv3][ats]") {
  DeviceFixture f;
  const DomainId domain = f.start_with(DeviceTlb::yes, GENERATE(Stage::first, Stage::second));
  f.driver.attach(domain, disk);
  f.driver.unmap(domain, Iova{0x10'1000}, 2 * page_4k, Invalidate::yes);
  REQUIRE(f.asked.size() == 1);
  CHECK(f.asked[0].target == nic);
  CHECK(f.asked[0].block == Range<Iova>{Iova{0x10'0000}, Iova{0x10'3FFF}});
  f.driver.unmap(domain, Iova{0x10'3000}, page_4k, Invalidate::yes);
  REQUIRE(f.asked.size() == 2);
  CHECK(f.asked[1].block == Range<Iova>{Iova{0x10'3000}, Iova{0x10'3FFF}});
}

TEST_CASE("A device is told after the SMMU has forgotten", "[software][smmuv3][ats]") {
  DeviceFixture f;
  const DomainId domain = f.start_with(DeviceTlb::yes);
  REQUIRE(f.reaches(nic, 0x10'0000, 0x80'0000));
  bool was_cached = true;
  f.bus.unit().on_device_invalidation([&](const iommu::DeviceTlbInvalidation& request, unsigned tag) {
    was_cached = f.ask(nic, 0x10'0000).readable;
    f.bus.unit().complete_invalidation(request.target, 1U << tag);
  });
  f.driver.unmap(domain, Iova{0x10'0000}, page_4k, Invalidate::yes);
  CHECK_FALSE(was_cached);
}

TEST_CASE("An unmapping that leaves devices out tells none of the SMMU's", "[software][smmuv3][ats]") {
  DeviceFixture f;
  const DomainId domain = f.start_with(DeviceTlb::yes);
  f.driver.unmap(domain, Iova{0x10'0000}, 4 * page_4k, GENERATE(Invalidate::no, Invalidate::unit_only));
  CHECK(f.asked.empty());
}

TEST_CASE("A device that leaves an SMMU's domain loses everything it knew", "[software][smmuv3][ats]") {
  DeviceFixture f;
  f.start_with(DeviceTlb::yes);
  f.driver.detach(nic);
  REQUIRE(f.asked.size() == 1);
  CHECK(f.asked[0].block == Range<Iova>::everything());
  CHECK(f.refuses(nic, 0x10'0000));
}

TEST_CASE("The driver gives up a device that does not answer, and goes on", "[software][smmuv3][ats]") {
  DeviceFixture f;
  const DomainId domain = f.start_with(DeviceTlb::yes);
  f.answers = false;
  f.driver.unmap(domain, Iova{0x10'0000}, page_4k, Invalidate::yes);
  CHECK(f.bus.unit().waits_for_devices());
  f.bus.unit().time_out_invalidations();
  f.answers = true;
  f.driver.unmap(domain, Iova{0x10'1000}, page_4k, Invalidate::yes);
  f.driver.unmap(domain, Iova{0x10'2000}, page_4k, Invalidate::yes);
  CHECK(f.asked.back().block.first == Iova{0x10'2000});
  CHECK_FALSE(f.bus.unit().waits_for_devices());
  CHECK_FALSE(f.has_errors());
  CHECK(f.event(nic, 0x10'2000) == f_translation);
}

TEST_CASE("A queue that stands still never stops the driver", "[software][smmuv3][ats]") {
  software::Smmuv3DriverConfig config;
  config.max_polls = 2;
  DeviceFixture f{config};
  const DomainId domain = f.start_with(DeviceTlb::yes);
  f.answers = false;
  for (unsigned n = 0; n < 600; ++n)
    f.driver.invalidate(domain, Iova{0x10'0000}, page_4k);
  f.bus.unit().time_out_invalidations();
  f.answers = true;
  for (unsigned n = 0; n < 4; ++n)
    f.driver.invalidate(domain, Iova{0x10'0000}, page_4k);
  f.driver.unmap(domain, Iova{0x10'1000}, page_4k, Invalidate::yes);
  CHECK(f.event(nic, 0x10'1000) == f_translation);
  CHECK_FALSE(f.has_errors());
}

TEST_CASE("A command that the SMMU refuses is given up, and the queue goes on", "[software][smmuv3]") {
  const Range<PhysAddr> dram{PhysAddr{DriverFixture::ram}, PhysAddr{DriverFixture::ram + 0xFFF'FFFF}};
  CorruptingBus bus{plain_unit(), dram};
  software::PageAllocator pages{bus, dram};
  software::Smmuv3DriverConfig config;
  config.register_base = bus.unit().config().register_base;
  software::Smmuv3Driver driver{bus, pages, config};
  driver.enable();
  const DomainId domain = driver.create_domain(DomainKind::translating);
  const auto has_errors = [&] {
    return bus.unit().read_register(offset::gerror, 4) != bus.unit().read_register(offset::gerrorn, 4);
  };
  bus.corrupt_next(0xFF);  // No command has this opcode.
  CHECK_NOTHROW(driver.invalidate(domain, Iova{0x1000}, page_4k));
  CHECK_FALSE(has_errors());
  bus.corrupt_next(0xFF);
  CHECK_THROWS_WITH(driver.attach(domain, nic),
                    "the SMMU at 0x9050000 did not invalidate its configuration of a stream");
  CHECK_NOTHROW(driver.attach(domain, nic));
  CHECK_FALSE(has_errors());
}

TEST_CASE("Only a unit and domains that can are used for the SMMU's device TLBs", "[software][smmuv3][ats]") {
  DriverFixture without;
  without.driver.enable();
  const DomainId domain = without.driver.create_domain(DomainKind::translating);
  CHECK_FALSE(without.driver.offers_device_tlbs(domain));
  CHECK_THROWS_AS(without.driver.attach(domain, nic, DeviceTlb::yes), DriverError);
  DeviceFixture with;
  with.driver.enable();
  CHECK(with.driver.offers_device_tlbs(with.driver.create_domain(DomainKind::translating)));
  CHECK(with.driver.offers_page_requests(with.driver.create_domain(DomainKind::translating)));
  CHECK_FALSE(with.driver.offers_device_tlbs(with.driver.create_domain(DomainKind::identity)));
}

TEST_CASE("The SMMU's page requests are handled in order and answered one by one", "[software][smmuv3][pri]") {
  DeviceFixture f;
  const DomainId domain = f.start_with(DeviceTlb::with_page_requests);
  f.bus.unit().request_page(page_request(nic, 0x50'0000, 3));
  f.bus.unit().request_page(page_request(nic, 0x60'0000, 4));
  iommu::PageRequest not_last = page_request(nic, 0x70'0000, 5);
  not_last.last = false;
  f.bus.unit().request_page(not_last);
  std::vector<std::uint64_t> handled;
  const auto served = f.driver.serve_page_requests([&](const iommu::PageRequest& request) {
    handled.push_back(request.address.value());
    CHECK(request.requester == nic);
    CHECK(request.write);
    CHECK_FALSE(request.read);
    if (request.group != 3) return PageResponse::invalid_request;
    f.driver.map(domain, {request.address, PhysAddr{0x90'0000}, page_4k, {true, true}});
    return PageResponse::success;
  });
  CHECK(served == 3);
  CHECK(handled == std::vector<std::uint64_t>{0x50'0000, 0x60'0000, 0x70'0000});
  REQUIRE(f.responses.size() == 2);
  CHECK(f.responses[0].group == 3);
  CHECK(f.responses[0].code == PageResponse::success);
  CHECK(f.responses[1].code == PageResponse::invalid_request);
  CHECK(f.reaches(nic, 0x50'0000, 0x90'0000));
  CHECK(f.driver.serve_page_requests([](const auto&) { return PageResponse::success; }) == 0);
}

TEST_CASE("After an overflow the PRI queue goes on once software has served it", "[software][smmuv3][pri]") {
  DeviceFixture f;
  f.start_with(DeviceTlb::with_page_requests);
  const auto refuse = [](const iommu::PageRequest&) { return PageResponse::invalid_request; };
  // A page holds 256 of them.
  for (unsigned n = 0; n < 259; ++n)
    f.bus.unit().request_page(page_request(nic, page_4k * n, static_cast<std::uint16_t>(n)));
  CHECK(f.responses.size() == 3);
  CHECK(f.driver.serve_page_requests(refuse) == 256);
  f.bus.unit().request_page(page_request(nic, 0x50'0000, 200));
  CHECK(f.driver.serve_page_requests(refuse) == 1);
}

TEST_CASE("A stalled transaction goes on when its page was made, and is aborted otherwise",
          "[software][smmuv3][stalls]") {
  const Stage stage = GENERATE(Stage::first, Stage::second);
  DeviceFixture f{with_stalls()};
  const DomainId domain = f.start(stage);
  const auto first = f.request(nic, 0x50'0010, Operation::write);
  const auto second = f.request(nic, 0x60'0000);
  REQUIRE(first.outcome == iommu::Outcome::stalled);
  REQUIRE(second.outcome == iommu::Outcome::stalled);
  CHECK(f.driver.drain_faults().records.empty());
  const auto served = f.driver.serve_page_requests([&](const iommu::PageRequest& request) {
    CHECK(request.requester == nic);
    CHECK(request.write == (request.address == Iova{0x50'0000}));
    CHECK(request.read == (request.address == Iova{0x60'0000}));
    if (!request.write) return PageResponse::invalid_request;
    f.driver.map(domain, {request.address, PhysAddr{0x90'0000}, page_4k, {true, true}});
    return PageResponse::success;
  });
  CHECK(served == 2);
  CHECK(f.bus.unit().take_verdict(first.message_data) == StallVerdict::retry);
  CHECK(f.bus.unit().take_verdict(second.message_data) == StallVerdict::abort);
  CHECK(f.reaches(nic, 0x50'0010, 0x90'0010, Operation::write));
  // What nobody could help is a fault like others.
  const auto faults = f.driver.drain_faults();
  REQUIRE(faults.records.size() == 1);
  CHECK(faults.records[0].reason == f_translation);
  CHECK(faults.records[0].page == Iova{0x60'0000});
}

TEST_CASE("Only devices that can wait are made to", "[software][smmuv3][stalls]") {
  DeviceFixture f{with_stalls()};
  const DomainId domain = f.start(GENERATE(Stage::first, Stage::second), disk);
  CHECK(f.event(disk, 0x50'0000) == f_translation);
  f.driver.attach(domain, nic);
  CHECK(f.request(nic, 0x50'0000).outcome == iommu::Outcome::stalled);
}

TEST_CASE("Second-stage faults of a device that keeps translations do not wait", "[software][smmuv3][stalls]") {
  DeviceFixture f{with_stalls()};
  f.start_with(DeviceTlb::yes, Stage::second);
  CHECK(f.event(nic, 0x50'0000) == f_translation);
}

TEST_CASE("A unit that can do nothing but stall is asked to", "[software][smmuv3][stalls]") {
  smmuv3::UnitConfig config = full_unit();
  config.stall_model = smmuv3::StallModel::stall_only;
  DriverFixture f{config};
  const Stage stage = GENERATE(Stage::first, Stage::second);
  const DomainId domain = f.start(stage);
  CHECK(f.request(nic, 0x50'0000).outcome == iommu::Outcome::stalled);
  CHECK(f.driver.offers_device_tlbs(domain) == (stage == Stage::first));
}

TEST_CASE("Events are reported oldest first, in words that any IOMMU has", "[software][smmuv3]") {
  DriverFixture f{GENERATE(plain_unit(), full_unit())};
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {true, false}});
  f.event(nic, 0x1234'5678, Operation::write);
  f.event(nic, 0x1010, Operation::write);
  f.event(RequesterId{9, 0, 0}, 0x9000);
  const auto faults = f.driver.drain_faults();
  REQUIRE(faults.records.size() == 3);
  CHECK_FALSE(faults.overflow);
  CHECK(faults.records[0].requester == nic);
  CHECK(faults.records[0].reason == f_translation);
  CHECK(faults.records[0].request == FaultedRequest::write);
  CHECK(faults.records[0].page == Iova{0x1234'5000});
  CHECK_FALSE(faults.records[0].pasid.has_value());
  CHECK(faults.records[1].reason == f_permission);
  CHECK(faults.records[1].page == Iova{0x1000});
  CHECK(faults.records[2].requester == RequesterId{9, 0, 0});
  CHECK(faults.records[2].reason == c_bad_streamid);
  CHECK(f.driver.drain_faults().records.empty());
}

TEST_CASE("Lost events are reported, and recording goes on after draining", "[software][smmuv3]") {
  DriverFixture f;
  f.start();
  // A page holds 128 records.
  for (std::uint64_t n = 0; n < 130; ++n)
    f.event(nic, n * page_4k);
  const auto faults = f.driver.drain_faults();
  CHECK(faults.records.size() == 128);
  CHECK(faults.overflow);
  f.event(nic, 0x5000);
  const auto later = f.driver.drain_faults();
  CHECK(later.records.size() == 1);
  CHECK_FALSE(later.overflow);
}
