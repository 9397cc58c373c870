// SPDX-License-Identifier: Apache-2.0
// Guests' domains: stage 1 in memory that stage 2 maps. Oracle: what was mapped; event numbers and the order of
// fetches of the SMMUv3 architecture (3.3.2, 7.3).
#include "guest_domain.h"
#include "smmuv3_driver_fixture.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using namespace iommusim::tests::smmu;
using software::DomainId;
using software::DriverError;
using software::Invalidate;

namespace {

struct NestedFixture : DriverFixture {
  explicit NestedFixture(const smmuv3::UnitConfig& config = full_unit()) : DriverFixture{config} {
    driver.enable();
    domain = driver.create_nested_domain(0, guest_memory);
    driver.attach(domain, nic);
  }

  DomainId domain{};
};

}  // namespace

TEST_CASE("A guest's device behind an SMMUv3 reaches what the guest mapped, and nothing else",
          "[software][smmuv3][nested]") {
  NestedFixture f;
  CHECK(f.driver.width(f.domain) == 48);
  map_in_guest(f, 0x1000, guest_base, page_4k);
  map_in_guest(f, 0x20'0000, guest_base, page_2m, false);
  CHECK(f.reaches(nic, 0x1234, guest_base + 0x234));
  CHECK(f.reaches(nic, 0x3F'F008, guest_base + 0x1F'F008));
  CHECK(f.event(nic, 0x20'0000, Operation::write) == f_permission);
  CHECK(f.event(nic, 0x2000) == f_translation);
  CHECK(f.event(nic, guest_base) == f_translation);
  CHECK_FALSE(f.has_errors());
}

TEST_CASE("Everything below a nested stream's entry is found through the hypervisor's stage 2",
          "[software][smmuv3][nested]") {
  NestedFixture f;
  map_in_guest(f, 0x1000, guest_base, page_4k);
  const iommu::FetchLog log = f.fetches(nic, 0x1000);
  unsigned of_guest = 0;
  for (const iommu::Fetch& fetch : log)
    of_guest += fetch.address >= PhysAddr{guest_tables} && fetch.address <= guest_memory.last ? 1 : 0;
  // The context descriptor and four levels.
  CHECK(of_guest == 5);
  CHECK(log.size() > 2 * of_guest);
}

TEST_CASE("A guest behind an SMMUv3 maps its own memory only, and not its tables", "[software][smmuv3][nested]") {
  NestedFixture f;
  check_guest_maps_its_own_memory_only(f, nic);
}

TEST_CASE("Whatever a guest writes into its tables, stage 2 keeps its device inside the guest's memory",
          "[software][smmuv3][nested]") {
  NestedFixture f;
  map_in_guest(f, 0x1000, guest_base, page_4k);
  PhysAddr leaf;
  for (const iommu::Fetch& fetch : f.fetches(nic, 0x1000))
    if (fetch.address >= PhysAddr{guest_tables} && fetch.address <= guest_memory.last) leaf = fetch.address;
  REQUIRE((f.bus.load64(leaf) & 0xFFFF'FFFF'F000) == guest_base);
  constexpr std::uint64_t attributes = 0xFFFF'0000'0000'0FFF;
  f.bus.store64(leaf, 0x1'1000'0000 | (f.bus.load64(leaf) & attributes));
  CHECK(f.event(nic, 0x1000) == f_translation);
  f.bus.store64(leaf, (guest_base + 0x20'0000) | (f.bus.load64(leaf) & attributes));
  CHECK(f.reaches(nic, 0x1000, guest_base + 0x20'0000));
}

TEST_CASE("What a guest behind an SMMUv3 unmaps is served from the caches until they are told",
          "[software][smmuv3][nested]") {
  NestedFixture f;
  check_caches_serve_until_told(f, nic);
  CHECK(f.event(nic, 0x1000) == f_translation);
}

TEST_CASE("Guests with equal addresses do not share translations", "[software][smmuv3][nested]") {
  NestedFixture f;
  constexpr std::uint64_t other_base = 0x9000'0000;
  const DomainId other = f.driver.create_nested_domain(0, {PhysAddr{other_base}, PhysAddr{other_base + 0x3F'FFFF}});
  f.driver.attach(other, disk);
  map_in_guest(f, 0x1000, guest_base, page_4k);
  f.driver.map(other, {Iova{0x1000}, PhysAddr{other_base}, page_4k, {true, true}});
  CHECK(f.reaches(nic, 0x1000, guest_base));
  CHECK(f.reaches(disk, 0x1000, other_base));
  f.driver.unmap(f.domain, Iova{0x1000}, page_4k, Invalidate::yes);
  CHECK(f.event(nic, 0x1000) == f_translation);
  CHECK(f.reaches(disk, 0x1000, other_base));
}

TEST_CASE("A device leaves its guest behind an SMMUv3", "[software][smmuv3][nested]") {
  NestedFixture f;
  check_device_leaves_guest(f, nic, 0);
}

TEST_CASE("A guest's tables behind an SMMUv3 need room in its memory", "[software][smmuv3][nested]") {
  NestedFixture f;
  check_guest_tables_need_room(f, 0);
}

TEST_CASE("An SMMUv3 with one stage serves no guests", "[software][smmuv3][nested]") {
  DriverFixture f;
  f.driver.enable();
  CHECK_THROWS_AS(f.driver.create_nested_domain(0, guest_memory), DriverError);
}
