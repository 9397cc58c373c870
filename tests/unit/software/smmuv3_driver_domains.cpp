// SPDX-License-Identifier: Apache-2.0
// Oracle: which requests reach what, as the driver's interface promises it.
#include "smmuv3_driver_fixture.h"
#include "software/driver_error.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests::smmu;
using software::DomainId;
using software::DomainKind;
using software::DriverError;
using software::Stage;

namespace {

smmuv3::UnitConfig second_stage_only() {
  smmuv3::UnitConfig config;
  config.stage_1 = false;
  config.stage_2 = true;
  return config;
}

/// The two functions of the card share a StreamID.
software::Smmuv3DriverConfig driver_with(const std::vector<smmuv3::StreamMapping>& streams) {
  software::Smmuv3DriverConfig config;
  config.streams = streams;
  return config;
}
smmuv3::UnitConfig unit_with(const std::vector<smmuv3::StreamMapping>& streams) {
  smmuv3::UnitConfig config = full_unit();
  config.streams = streams;
  return config;
}

}  // namespace

TEST_CASE("Kinds of domains: all, some, nothing", "[software][smmuv3]") {
  DriverFixture f{GENERATE(plain_unit(), full_unit(), second_stage_only())};
  f.driver.enable();
  const DomainId identity = f.driver.create_domain(DomainKind::identity);
  const DomainId translating = f.driver.create_domain(DomainKind::translating);
  const DomainId blocked = f.driver.create_domain(DomainKind::blocked);
  f.driver.map(translating, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  f.driver.attach(identity, nic);
  CHECK(f.reaches(nic, 0x1000, 0x1000));
  f.driver.attach(translating, nic);
  CHECK(f.reaches(nic, 0x1000, 0x8000));
  CHECK(f.event(nic, 0x2000) == f_translation);
  f.driver.attach(blocked, nic);
  CHECK(f.refuses(nic, 0x1000));
  CHECK(f.driver.domain_of(nic) == blocked);
  f.driver.detach(nic);
  CHECK(f.refuses(nic, 0x1000));
  CHECK_FALSE(f.driver.domain_of(nic));
  CHECK_FALSE(f.has_errors());
}

TEST_CASE("What is attached before translation begins works from the first request on", "[software][smmuv3]") {
  DriverFixture f;
  f.driver.prepare();
  const DomainId domain = f.driver.create_domain(DomainKind::translating);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  f.driver.attach(domain, nic);
  f.driver.enable();
  CHECK(f.reaches(nic, 0x1000, 0x8000));
}

TEST_CASE("A first-stage stream has the entry and the context descriptor that Linux gives it", "[software][smmuv3]") {
  smmuv3::UnitConfig unit;
  unit.config_cache_entries = 0;
  DriverFixture f{unit};
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  const iommu::FetchLog log = f.fetches(nic, 0x1000);
  // L1STD, STE, CD, four levels.
  REQUIRE(log.size() == 7);
  const iommu::Fetch* const at = log.begin();
  CHECK((at[0].value[0] & 0x1F) == 9);
  // V and Config, CIR, COR, CSH, SHCFG.
  CHECK((at[1].value[0] & ~0x000F'FFFF'FFFF'FFC0) == (1 | 5 << 1));
  CHECK(at[1].value[1] == (1U << 2 | 1U << 4 | 3U << 6 | std::uint64_t{1} << 44));
  // T0SZ 16, IR0, OR0, SH0, EPD1, V, IPS 44 bits, AA64, R, A, ASET, ASID 1.
  CHECK(at[2].value[0] ==
        (16 | 1U << 8 | 1U << 10 | 3U << 12 | 1U << 30 | 1U << 31 | std::uint64_t{4} << 32 | std::uint64_t{1} << 41 |
         std::uint64_t{1} << 45 | std::uint64_t{1} << 46 | std::uint64_t{1} << 47 | std::uint64_t{1} << 48));
  CHECK((at[2].value[1] & ~std::uint64_t{7}) == (at[3].address.value() & ~std::uint64_t{0xFFF}));
  CHECK(at[2].value[3] == 0x04'FF44);
  // AttrIndx 1, AP[1], inner shareable, AF, nG.
  CHECK(at[6].value[0] == (0x8000 | 3U | 1U << 2 | 1U << 6 | 3U << 8 | 1U << 10 | 1U << 11));
}

TEST_CASE("A second-stage stream has the entry that Linux gives it", "[software][smmuv3]") {
  smmuv3::UnitConfig unit = full_unit();
  unit.config_cache_entries = 0;
  DriverFixture f{unit};
  const DomainId domain = f.start(Stage::second);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  const iommu::FetchLog log = f.fetches(nic, 0x1000);
  REQUIRE(log.size() == 6);
  const iommu::Fetch* const at = log.begin();
  CHECK(at[1].value[0] == (1 | 6 << 1));
  CHECK(at[1].value[1] == std::uint64_t{1} << 44);
  // S2VMID 1, S2T0SZ 20, S2SL0 2, walk attributes, S2PS 44 bits, S2AA64, S2PTW, S2R.
  CHECK(at[1].value[2] == (1 | std::uint64_t{20} << 32 | std::uint64_t{2} << 38 | std::uint64_t{1} << 40 |
                           std::uint64_t{1} << 42 | std::uint64_t{3} << 44 | std::uint64_t{4} << 48 |
                           std::uint64_t{1} << 51 | std::uint64_t{1} << 54 | std::uint64_t{1} << 58));
  CHECK(at[1].value[3] == (at[2].address.value() & ~std::uint64_t{0xFFF}));
  // MemAttr write-back, S2AP, inner shareable, AF.
  CHECK(at[5].value[0] == (0x8000 | 3U | 0xFU << 2 | 3U << 6 | 3U << 8 | 1U << 10));
}

TEST_CASE("Two domains translate the same address to two places, in either stage", "[software][smmuv3]") {
  DriverFixture f{full_unit()};
  f.driver.enable();
  const DomainId first = f.driver.create_domain(DomainKind::translating, Stage::first);
  const DomainId second = f.driver.create_domain(DomainKind::translating, GENERATE(Stage::first, Stage::second));
  f.driver.map(first, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  f.driver.map(second, {Iova{0x1000}, PhysAddr{0x9000}, page_4k, {}});
  f.driver.attach(first, nic);
  f.driver.attach(second, disk);
  CHECK(f.reaches(nic, 0x1000, 0x8000));
  CHECK(f.reaches(disk, 0x1000, 0x9000));
  f.driver.attach(second, nic);
  CHECK(f.reaches(nic, 0x1000, 0x9000));
}

TEST_CASE("A destroyed domain's translations are gone when its tag is used again", "[software][smmuv3]") {
  const Stage stage = GENERATE(Stage::first, Stage::second);
  DriverFixture f{full_unit()};
  const DomainId old = f.start(stage);
  f.driver.map(old, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  REQUIRE(f.reaches(nic, 0x1000, 0x8000));
  CHECK_THROWS_WITH(f.driver.destroy_domain(old), "domain 1 still has devices");
  f.driver.detach(nic);
  f.driver.destroy_domain(old);
  const DomainId young = f.driver.create_domain(DomainKind::translating, stage);
  REQUIRE(young == old);
  f.driver.attach(young, nic);
  CHECK(f.event(nic, 0x1000) == f_translation);
}

TEST_CASE("A stage that the unit lacks is done by the other", "[software][smmuv3]") {
  DriverFixture f{second_stage_only()};
  const DomainId domain = f.start(Stage::first);
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  CHECK(f.reaches(nic, 0x1000, 0x8000));
  DriverFixture g;
  const DomainId other = g.start(Stage::second);
  g.driver.map(other, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  CHECK(g.reaches(nic, 0x1000, 0x8000));
}

TEST_CASE("Firmware's mapping decides which StreamID a device has", "[software][smmuv3]") {
  const std::vector<smmuv3::StreamMapping> streams{{nic, 2, 0x1'0000}};
  smmuv3::UnitConfig unit = unit_with(streams);
  unit.stream_id_bits = 17;
  DriverFixture f{unit, driver_with(streams)};
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  CHECK(f.reaches(nic, 0x1000, 0x8000));
  CHECK(f.refuses(disk, 0x1000));
  CHECK_THROWS_WITH(f.driver.attach(domain, RequesterId{4, 0, 0}), "firmware gives requester 04:00.0 no StreamID");
}

TEST_CASE("Requesters that share a StreamID share its domain, until the last one leaves", "[software][smmuv3]") {
  const std::vector<smmuv3::StreamMapping> streams{{nic, 1, 0x40}, {disk, 1, 0x40}};
  DriverFixture f{unit_with(streams), driver_with(streams)};
  const DomainId domain = f.start(GENERATE(Stage::first, Stage::second));
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  f.driver.attach(domain, disk);
  CHECK(f.reaches(disk, 0x1000, 0x8000));
  const DomainId other = f.driver.create_domain(DomainKind::identity);
  CHECK_THROWS_WITH(f.driver.attach(other, disk),
                    "requester 03:00.1 has the StreamID of 03:00.0, which is in domain 1");
  f.driver.detach(nic);
  CHECK(f.reaches(disk, 0x1000, 0x8000));
  f.driver.detach(disk);
  CHECK(f.refuses(disk, 0x1000));
}

TEST_CASE("Many streams have context descriptors of their own", "[software][smmuv3]") {
  DriverFixture f;
  const DomainId domain = f.start();
  f.driver.map(domain, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}});
  for (unsigned n = 0; n < 200; ++n)
    f.driver.attach(domain, RequesterId{static_cast<std::uint16_t>(n)});
  for (unsigned n = 0; n < 200; ++n)
    REQUIRE(f.reaches(RequesterId{static_cast<std::uint16_t>(n)}, 0x1000, 0x8000));
}

TEST_CASE("What an SMMU's driver cannot do with domains is refused with a sentence", "[software][smmuv3]") {
  DriverFixture f;
  const DomainId domain = f.driver.create_domain(DomainKind::translating);
  CHECK_THROWS_WITH(f.driver.attach(domain, nic), "the SMMU must be prepared before devices are attached");
  f.driver.enable();
  CHECK_THROWS_WITH(f.driver.attach(DomainId{9}, nic), "domain 9 does not exist");
  const DomainId identity = f.driver.create_domain(DomainKind::identity);
  CHECK_THROWS_WITH(f.driver.map(identity, {Iova{0x1000}, PhysAddr{0x8000}, page_4k, {}}),
                    "domain 2 does not translate: it has no mappings");
  CHECK(f.driver.width(identity) == 44);
}
