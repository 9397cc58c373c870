// SPDX-License-Identifier: Apache-2.0
// Guests' domains: first-stage tables in memory that second-stage tables map.
// Oracle: what was mapped; fault reasons of the VT-d specification, 7.1.3; table reads counted by hand (3.8).
#include "driver_fixture.h"
#include "software/driver_error.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using software::DomainId;
using software::DomainKind;
using software::DriverError;
using software::Invalidate;

namespace {

/// 4 MiB from 2 GiB on, the last of them for the guest's tables.
constexpr std::uint64_t base = 0x8000'0000;
constexpr Range<PhysAddr> guest{PhysAddr{base}, PhysAddr{base + 0x3F'FFFF}};
constexpr std::uint64_t tables = base + 0x30'0000;

struct NestedFixture : DriverFixture {
  explicit NestedFixture(const vtd::UnitConfig& config = vtd::scalable_mode_config()) : DriverFixture{config} {
    driver.enable();
    domain = driver.create_nested_domain(4, guest);
    driver.attach(domain, nic);
  }

  DomainId domain{};
};

vtd::UnitConfig without_caches() {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.iotlb_entries = 0;
  return config;
}

}  // namespace

TEST_CASE("A guest's device reaches what the guest mapped, and nothing else", "[software][vtd][nested]") {
  NestedFixture f;
  CHECK(f.driver.width(f.domain) == 47);
  f.driver.map(f.domain, {Iova{0x1000}, PhysAddr{base}, page_4k, {true, true}});
  f.driver.map(f.domain, {Iova{0x20'0000}, PhysAddr{base}, page_2m, {true, false}});
  CHECK(f.reaches(nic, 0x1234, base + 0x234));
  CHECK(f.reaches(nic, 0x3F'F008, base + 0x1F'F008));
  CHECK(f.fault_reason(nic, 0x20'0000, Operation::write) == 0x85);
  CHECK(f.fault_reason(nic, 0x2000) == 0x71);
  CHECK(f.fault_reason(nic, base) == 0x71);
}

TEST_CASE("A walk through four levels in four reads 24 entries", "[software][vtd][nested]") {
  NestedFixture f{without_caches()};
  f.driver.map(f.domain, {Iova{0x1000}, PhysAddr{base}, 2 * page_4k, {true, true}});
  REQUIRE(f.reaches(nic, 0x1000, base));
  iommu::TranslationRequest request;
  request.requester = nic;
  request.address = Iova{0x2000};
  request.size = 4;
  iommu::FetchLog fetches;
  REQUIRE(f.bus.unit().translate(request, fetches).outcome == iommu::Outcome::translated);
  // Four first-stage entries and the page itself, each found by four second-stage entries. Who the requester is, the
  // unit remembers.
  CHECK(fetches.size() == 4 + 5 * 4);
}

TEST_CASE("A guest maps its own memory only, and not its tables", "[software][vtd][nested]") {
  NestedFixture f;
  const auto map = [&](std::uint64_t physical, std::uint64_t size) {
    f.driver.map(f.domain, {Iova{0x1000}, PhysAddr{physical}, size, {true, true}});
  };
  CHECK_THROWS_AS(map(base - page_4k, page_4k), DriverError);
  CHECK_THROWS_AS(map(base, 0x30'1000), DriverError);
  CHECK_THROWS_AS(map(tables, page_4k), DriverError);
  map(base, 0x30'0000);
  CHECK(f.reaches(nic, 0x30'0000, tables - page_4k));
}

TEST_CASE("Whatever a guest writes into its tables, its device stays inside the guest's memory",
          "[software][vtd][nested]") {
  NestedFixture f;
  f.driver.map(f.domain, {Iova{0x1000}, PhysAddr{base}, page_4k, {true, true}});
  // The leaf table is the page that the guest took last.
  const PhysAddr leaf{tables + 3 * page_4k + 8};
  REQUIRE((f.bus.load64(leaf) & ~std::uint64_t{0xFFF}) == base);
  f.bus.store64(leaf, 0x1000'0000 | (f.bus.load64(leaf) & 0xFFF));
  CHECK(f.fault_reason(nic, 0x1000) == 0x79);
  f.bus.store64(leaf, (base + 0x20'0000) | (f.bus.load64(leaf) & 0xFFF));
  CHECK(f.reaches(nic, 0x1000, base + 0x20'0000));
}

TEST_CASE("What a guest unmaps is served from the caches until they are told", "[software][vtd][nested]") {
  NestedFixture f;
  f.driver.map(f.domain, {Iova{0x1000}, PhysAddr{base}, page_4k, {true, true}});
  CHECK(f.reaches(nic, 0x1000, base));
  f.driver.unmap(f.domain, Iova{0x1000}, page_4k, Invalidate::no);
  CHECK(f.reaches(nic, 0x1000, base));
  f.driver.invalidate(f.domain, Iova{0x1000}, page_4k);
  CHECK(f.fault_reason(nic, 0x1000) == 0x71);
}

TEST_CASE("A device leaves its guest", "[software][vtd][nested]") {
  NestedFixture f;
  f.driver.map(f.domain, {Iova{0x1000}, PhysAddr{base}, page_4k, {true, true}});
  CHECK(f.reaches(nic, 0x1000, base));
  f.driver.attach(f.driver.create_domain(DomainKind::identity), nic);
  CHECK(f.reaches(nic, 0x1000, 0x1000));
  f.driver.destroy_domain(f.domain);
  const std::size_t pages = f.pages.pages_in_use();
  const DomainId again = f.driver.create_nested_domain(0, guest);
  f.driver.destroy_domain(again);
  CHECK(f.pages.pages_in_use() == pages);
}

TEST_CASE("A guest's tables need room in its memory", "[software][vtd][nested]") {
  NestedFixture f;
  const DomainId small = f.driver.create_nested_domain(4, {PhysAddr{0x9000'0000}, PhysAddr{0x9000'3FFF}});
  CHECK_THROWS_WITH(f.driver.map(small, {Iova{0x1000}, PhysAddr{0x9000'0000}, page_4k, {true, true}}),
                    Catch::Contains("guest memory is too small"));
  CHECK_THROWS_AS(f.driver.create_nested_domain(4, {PhysAddr{0x9000'0000}, PhysAddr{0x9000'2FFF}}), DriverError);
  CHECK_THROWS_AS(f.driver.create_nested_domain(4, {PhysAddr{0x9000'0800}, PhysAddr{0x9000'47FF}}), DriverError);
}

TEST_CASE("A unit without nested translation serves no guests", "[software][vtd][nested]") {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.nested = false;
  DriverFixture f{config};
  f.driver.enable();
  CHECK_THROWS_AS(f.driver.create_nested_domain(4, guest), DriverError);
}
