// SPDX-License-Identifier: Apache-2.0
// Guests' domains: first-stage tables in memory that second-stage tables map.
// Oracle: what was mapped; fault reasons of the VT-d specification, 7.1.3; table reads counted by hand (3.8).
#include "driver_fixture.h"
#include "guest_domain.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using software::DomainId;
using software::DriverError;

namespace {

struct NestedFixture : DriverFixture {
  explicit NestedFixture(const vtd::UnitConfig& config = vtd::scalable_mode_config()) : DriverFixture{config} {
    driver.enable();
    domain = driver.create_nested_domain(4, guest_memory);
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
  map_in_guest(f, 0x1000, guest_base, page_4k);
  map_in_guest(f, 0x20'0000, guest_base, page_2m, false);
  CHECK(f.reaches(nic, 0x1234, guest_base + 0x234));
  CHECK(f.reaches(nic, 0x3F'F008, guest_base + 0x1F'F008));
  CHECK(f.fault_reason(nic, 0x20'0000, Operation::write) == 0x85);
  CHECK(f.fault_reason(nic, 0x2000) == 0x71);
  CHECK(f.fault_reason(nic, guest_base) == 0x71);
}

TEST_CASE("A walk through four levels in four reads 24 entries", "[software][vtd][nested]") {
  NestedFixture f{without_caches()};
  map_in_guest(f, 0x1000, guest_base, 2 * page_4k);
  REQUIRE(f.reaches(nic, 0x1000, guest_base));
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
  check_guest_maps_its_own_memory_only(f, nic);
}

TEST_CASE("Whatever a guest writes into its tables, its device stays inside the guest's memory",
          "[software][vtd][nested]") {
  NestedFixture f;
  map_in_guest(f, 0x1000, guest_base, page_4k);
  // The leaf table is the page that the guest took last.
  const PhysAddr leaf{guest_tables + 3 * page_4k + 8};
  REQUIRE((f.bus.load64(leaf) & ~std::uint64_t{0xFFF}) == guest_base);
  f.bus.store64(leaf, 0x1000'0000 | (f.bus.load64(leaf) & 0xFFF));
  CHECK(f.fault_reason(nic, 0x1000) == 0x79);
  f.bus.store64(leaf, (guest_base + 0x20'0000) | (f.bus.load64(leaf) & 0xFFF));
  CHECK(f.reaches(nic, 0x1000, guest_base + 0x20'0000));
}

TEST_CASE("What a guest unmaps is served from the caches until they are told", "[software][vtd][nested]") {
  NestedFixture f;
  check_caches_serve_until_told(f, nic);
  CHECK(f.fault_reason(nic, 0x1000) == 0x71);
}

TEST_CASE("A device leaves its guest", "[software][vtd][nested]") {
  NestedFixture f;
  check_device_leaves_guest(f, nic, 4);
}

TEST_CASE("A guest's tables need room in its memory", "[software][vtd][nested]") {
  NestedFixture f;
  check_guest_tables_need_room(f, 4);
}

TEST_CASE("A unit without nested translation serves no guests", "[software][vtd][nested]") {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.nested = false;
  DriverFixture f{config};
  f.driver.enable();
  CHECK_THROWS_AS(f.driver.create_nested_domain(4, guest_memory), DriverError);
}
