// SPDX-License-Identifier: Apache-2.0
// A unit in scalable mode, driven with tables of both stages.
// Oracle: what was mapped; fault reasons of the VT-d specification, 7.1.3.
#include "driver_fixture.h"
#include "software/driver_error.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using software::DomainId;
using software::DomainKind;
using software::DriverError;
using software::Invalidate;
using software::Stage;

namespace {

constexpr std::uint64_t highest_page = 0x7FFF'FFFF'F000;

struct ScalableFixture : DriverFixture {
  explicit ScalableFixture(const vtd::UnitConfig& config = vtd::scalable_mode_config()) : DriverFixture{config} {
    driver.enable();
  }
  DomainId domain_of_stage(Stage stage, RequesterId requester) {
    const DomainId domain = driver.create_domain(DomainKind::translating, 0, stage);
    driver.attach(domain, requester);
    return domain;
  }
};

}  // namespace

TEST_CASE("A device in a first-stage domain reaches what is mapped, and nothing else", "[software][vtd]") {
  ScalableFixture f;
  const DomainId domain = f.domain_of_stage(Stage::first, nic);
  CHECK(f.driver.width(domain) == 47);
  f.driver.map(domain, {Iova{highest_page}, PhysAddr{0x8000'0000}, page_4k, {true, true}});
  f.driver.map(domain, {Iova{page_1g}, PhysAddr{page_1g}, page_1g + page_2m + page_4k, {true, false}});
  CHECK(f.reaches(nic, highest_page + 8, 0x8000'0008));
  CHECK(f.reaches(nic, page_1g + 0x1234, page_1g + 0x1234));
  CHECK(f.reaches(nic, 2 * page_1g + page_2m + 8, 2 * page_1g + page_2m + 8));
  CHECK(f.fault_reason(nic, page_1g, Operation::write) == 0x85);
  CHECK(f.fault_reason(nic, 0x1000) == 0x71);
  CHECK(f.fault_reason(nic, std::uint64_t{1} << 47) == 0x80);
  CHECK_THROWS_AS(f.driver.map(domain, {Iova{highest_page + page_4k}, PhysAddr{0}, page_4k, {true, true}}),
                  DriverError);
}

TEST_CASE("Domains of both stages serve one unit", "[software][vtd]") {
  ScalableFixture f;
  const DomainId first = f.domain_of_stage(Stage::first, nic);
  const DomainId second = f.domain_of_stage(Stage::second, disk);
  f.driver.map(first, {Iova{0x1000}, PhysAddr{0x8000'0000}, page_4k, {true, true}});
  f.driver.map(second, {Iova{0x1000}, PhysAddr{0x9000'0000}, page_4k, {true, true}});
  CHECK(f.reaches(nic, 0x1000, 0x8000'0000));
  CHECK(f.reaches(disk, 0x1000, 0x9000'0000));
  CHECK(f.fault_reason(disk, 0x2000) == 0x79);
  f.driver.attach(f.driver.create_domain(DomainKind::identity), disk);
  CHECK(f.reaches(disk, 0x1000, 0x1000));
  f.driver.detach(disk);
  CHECK(f.fault_reason(disk, 0x1000) == 0x41);
}

TEST_CASE("An unmapped first-stage page is served from the caches until they are told", "[software][vtd]") {
  ScalableFixture f;
  const DomainId domain = f.domain_of_stage(Stage::first, nic);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000'0000}, page_4k, {true, true}});
  CHECK(f.reaches(nic, 0x1000, 0x8000'0000));
  f.driver.unmap(domain, Iova{0x1000}, page_4k, Invalidate::no);
  CHECK(f.reaches(nic, 0x1000, 0x8000'0000));
  f.driver.invalidate(domain, Iova{0x1000}, page_4k);
  CHECK(f.fault_reason(nic, 0x1000) == 0x71);
}

TEST_CASE("The driver's first-stage entries need no accessed or dirty bit from a unit whose walks are not snooped",
          "[software][vtd]") {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.snooped_walks = false;
  ScalableFixture f{config};
  const DomainId domain = f.domain_of_stage(Stage::first, nic);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000'0000}, page_4k, {true, true}});
  CHECK(f.fault_reason(nic, 0x1000, Operation::write) == 0);
}

TEST_CASE("A unit without first stage offers no first-stage domain", "[software][vtd]") {
  DriverFixture legacy;
  legacy.driver.enable();
  CHECK_THROWS_AS(legacy.driver.create_domain(DomainKind::translating, 0, Stage::first), DriverError);
  ScalableFixture f;
  CHECK_THROWS_AS(f.driver.create_domain(DomainKind::translating, 5, Stage::first), DriverError);
  CHECK_THROWS_AS(f.driver.create_domain(DomainKind::translating, 3, Stage::first), DriverError);
}
