// SPDX-License-Identifier: Apache-2.0
// Oracle: VT-d specification, 9.3 (context entry as raw bits), 7.1.3 (fault reasons) and 6.5 (what must be flushed),
// and what a real unit model does with requests.
#include "driver_fixture.h"
#include "software/driver_error.h"
#include "support/vtd_registers.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using software::DomainId;
using software::DomainKind;
using software::DriverError;

namespace {

constexpr unsigned root_not_present = 0x1;
constexpr unsigned context_not_present = 0x2;
constexpr unsigned read_not_allowed = 0x6;

vtd::UnitConfig with_caching_mode() {
  vtd::UnitConfig config;
  config.caching_mode = true;
  return config;
}

vtd::UnitConfig without_pass_through() {
  vtd::UnitConfig config;
  config.pass_through = false;
  return config;
}

/// The entry of a requester, found from the root table register.
std::pair<std::uint64_t, std::uint64_t> context_entry(DriverFixture& f, RequesterId requester) {
  const std::uint64_t root = f.bus.unit().read_register(offset::rtaddr, 8);
  const std::uint64_t table = f.bus.load64(PhysAddr{root + requester.bus() * 16u}) & ~std::uint64_t{0xFFF};
  const PhysAddr entry{table + requester.devfn() * 16u};
  return {f.bus.load64(entry), f.bus.load64(entry + 8)};
}

}  // namespace

TEST_CASE("A requester without a domain faults because its context entry is not present", "[software][vtd]") {
  DriverFixture f;
  f.start(nic);
  CHECK(f.fault_reason(disk, 0x1000) == context_not_present);
}

TEST_CASE("A translating domain's context entry names tables, width and domain", "[software][vtd]") {
  DriverFixture f;
  f.driver.enable();
  f.driver.create_domain(DomainKind::translating);
  const DomainId domain = f.driver.create_domain(DomainKind::translating, 3);
  f.driver.attach(domain, nic);
  const auto [low, high] = context_entry(f, nic);
  CHECK((low & 0xFFF) == 1);
  CHECK(f.pages.range().contains(PhysAddr{low & ~std::uint64_t{0xFFF}}));
  CHECK(high == (1u | static_cast<unsigned>(domain) << 8));
}

TEST_CASE("An identity domain passes through with the largest width", "[software][vtd]") {
  DriverFixture f;
  f.driver.enable();
  f.driver.attach(f.driver.create_domain(DomainKind::identity), nic);
  const auto [low, high] = context_entry(f, nic);
  CHECK(low == (1u | 2u << 2));
  CHECK((high & 7) == 2);
  CHECK(f.reaches(nic, 0x1234'5678, 0x1234'5678));
}

TEST_CASE("Without pass-through an identity domain reaches RAM and nothing else", "[software][vtd]") {
  software::VtdDriverConfig config;
  config.identity_ranges = {{PhysAddr{0}, PhysAddr{0x9'FFFF}}, {PhysAddr{0x10'0000}, PhysAddr{0x7FFF'FFFF}}};
  DriverFixture f{without_pass_through(), config};
  f.driver.enable();
  f.driver.attach(f.driver.create_domain(DomainKind::identity), nic);
  CHECK(f.reaches(nic, 0x9'FFFC, 0x9'FFFC));
  CHECK(f.reaches(nic, 0x7FFF'FFFC, 0x7FFF'FFFC));
  CHECK(f.request(nic, 0x4000'0000).page_size == page_1g);
  CHECK(f.fault_reason(nic, 0xA'0000) == read_not_allowed);
  CHECK(f.fault_reason(nic, 0x8000'0000) == read_not_allowed);
}

TEST_CASE("RAM beyond the tables' width cannot be reached by identity", "[software][vtd]") {
  software::VtdDriverConfig config;
  config.identity_ranges = {{PhysAddr{0}, PhysAddr{std::uint64_t{1} << 39}}};
  DriverFixture f{without_pass_through(), config};
  CHECK_THROWS_AS(f.driver.create_domain(DomainKind::identity, 3), DriverError);
  CHECK_NOTHROW(f.driver.create_domain(DomainKind::identity, 4));
}

TEST_CASE("A device in a blocked domain faults because nothing is present for it", "[software][vtd]") {
  DriverFixture f;
  f.driver.enable();
  const DomainId blocked = f.driver.create_domain(DomainKind::blocked);
  f.driver.attach(blocked, nic);
  CHECK(f.fault_reason(nic, 0x1000) == root_not_present);
  f.driver.attach(f.driver.create_domain(DomainKind::translating), nic);
  f.driver.attach(blocked, nic);
  CHECK(f.fault_reason(nic, 0x1000) == context_not_present);
  CHECK(f.driver.domain_of(nic) == blocked);
}

TEST_CASE("A device that moves to another domain leaves nothing of the old one behind", "[software][vtd]") {
  const vtd::UnitConfig config = GENERATE(vtd::UnitConfig{}, with_caching_mode());
  DriverFixture f{config};
  const DomainId first = f.start(nic);
  const DomainId second = f.driver.create_domain(DomainKind::translating);
  f.driver.map(first, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  f.driver.map(second, {Iova{0x1000}, PhysAddr{0x9000}, page_4k, {}});
  REQUIRE(f.reaches(nic, 0x1000, 0x8000));
  f.driver.attach(second, nic);
  CHECK(f.reaches(nic, 0x1000, 0x9000));
  f.driver.detach(nic);
  CHECK(f.fault_reason(nic, 0x1000) == context_not_present);
  CHECK_FALSE(f.driver.domain_of(nic).has_value());
}

TEST_CASE("In caching mode a device that faulted before works once it is attached", "[software][vtd]") {
  DriverFixture f{with_caching_mode()};
  f.driver.enable();
  REQUIRE(f.fault_reason(nic, 0x1000) == root_not_present);
  const DomainId domain = f.driver.create_domain(DomainKind::translating);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  f.driver.attach(domain, nic);
  CHECK(f.reaches(nic, 0x1000, 0x8000));
}

TEST_CASE("Two devices of a domain see the same mappings", "[software][vtd]") {
  DriverFixture f;
  const DomainId domain = f.start(nic);
  f.driver.attach(domain, disk);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  CHECK(f.reaches(nic, 0x1000, 0x8000));
  CHECK(f.reaches(disk, 0x1000, 0x8000));
}

TEST_CASE("Domain-ids start at 1, end with CAP.ND and are used again", "[software][vtd]") {
  vtd::UnitConfig config;
  config.domain_id_bits = 4;
  DriverFixture f{config};
  for (unsigned id = 1; id < 16; ++id)
    REQUIRE(static_cast<unsigned>(f.driver.create_domain(DomainKind::blocked)) == id);
  CHECK_THROWS_AS(f.driver.create_domain(DomainKind::blocked), DriverError);
  f.driver.destroy_domain(DomainId{7});
  CHECK(f.driver.create_domain(DomainKind::blocked) == DomainId{7});
}

TEST_CASE("A domain with devices cannot be destroyed; without, its pages come back", "[software][vtd]") {
  DriverFixture f;
  f.driver.enable();
  f.driver.attach(f.driver.create_domain(DomainKind::identity), nic);
  const std::size_t before = f.pages.pages_in_use();
  const DomainId domain = f.driver.create_domain(DomainKind::translating);
  f.driver.attach(domain, nic);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  CHECK_THROWS_AS(f.driver.destroy_domain(domain), DriverError);
  f.driver.detach(nic);
  f.driver.destroy_domain(domain);
  CHECK(f.pages.pages_in_use() == before);
  CHECK_THROWS_AS(f.driver.width(domain), DriverError);
}

TEST_CASE("Without a wish a domain has the deepest tables, and impossible depths are refused", "[software][vtd]") {
  vtd::UnitConfig config;
  config.guest_address_width = 57;
  config.table_levels = {3, 5};
  DriverFixture f{config};
  CHECK(f.driver.width(f.driver.create_domain(DomainKind::translating)) == 57);
  CHECK(f.driver.width(f.driver.create_domain(DomainKind::translating, 3)) == 39);
  for (const unsigned levels : {1u, 2u, 4u, 6u, 64u})
    CHECK_THROWS_AS(f.driver.create_domain(DomainKind::translating, levels), DriverError);
}

TEST_CASE("A device cannot be attached before the unit has a root table", "[software][vtd]") {
  DriverFixture f;
  const DomainId domain = f.driver.create_domain(DomainKind::translating);
  CHECK_THROWS_AS(f.driver.attach(domain, nic), DriverError);
}

TEST_CASE("A device that was attached before translation is on does not fault when it comes on", "[software][vtd]") {
  DriverFixture f;
  f.driver.prepare();
  const DomainId domain = f.driver.create_domain(DomainKind::translating);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  f.driver.attach(domain, nic);
  f.driver.enable();
  CHECK(f.reaches(nic, 0x1000, 0x8000));
}
