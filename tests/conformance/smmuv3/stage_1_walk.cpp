// SPDX-License-Identifier: Apache-2.0
// From input addresses to output addresses through stage 1 tables.
// Oracle: VMSAv8-64 geometry, retyped here; SMMUv3 architecture, 3.4, 7.3.12 to 7.3.15.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommusim::smmuv3::EventCode;
using iommusim::smmuv3::FaultClass;
using iommusim::smmuv3::Granule;

namespace {

constexpr std::uint64_t page = 0x12'3456'7000;

struct WalkBench : DecisionBench {
  explicit WalkBench(const smmuv3::UnitConfig& built_as = everything()) : DecisionBench{built_as} { stage_1(); }
};

/// Start level of each range of T0SZ, from the architecture's tables.
struct Row {
  unsigned tg0;
  Granule granule;
  unsigned least;
  unsigned most;
  unsigned level;
};
const std::vector<Row> geometry = {{0, Granule::size_4k, 16, 24, 0},  {0, Granule::size_4k, 25, 33, 1},
                                   {0, Granule::size_4k, 34, 39, 2},  {2, Granule::size_16k, 16, 16, 0},
                                   {2, Granule::size_16k, 17, 27, 1}, {2, Granule::size_16k, 28, 38, 2},
                                   {2, Granule::size_16k, 39, 39, 3}, {1, Granule::size_64k, 16, 21, 1},
                                   {1, Granule::size_64k, 22, 34, 2}, {1, Granule::size_64k, 35, 39, 3}};

}  // namespace

TEST_CASE("SMMU-039 Start level and number of levels follow granule and T0SZ", "[smmuv3]") {
  for (const Row& row : geometry) {
    for (unsigned t0sz = row.least; t0sz <= row.most; ++t0sz) {
      INFO("granule " << static_cast<unsigned>(row.granule) << " T0SZ " << t0sz);
      WalkBench bench;
      const unsigned bits = 64 - t0sz;
      const PhysAddr root = bench.new_table(0x1'0000);
      bench.cd<Cd::TG0>(row.tg0);
      bench.cd<Cd::T0SZ>(t0sz);
      bench.cd<Cd::TTB0>(root.value() >> 4);
      const std::uint64_t granule_bytes = std::uint64_t{1} << static_cast<unsigned>(row.granule);
      const std::uint64_t last = (std::uint64_t{1} << bits) - granule_bytes;
      const smmuv3::TableGeometry shape{row.granule, static_cast<std::uint8_t>(bits),
                                        static_cast<std::uint8_t>(row.level)};
      bench.map(shape, root, last, 0xABC0'0000 | DecisionBench::leaf_1, 3);
      expect_passes(bench, read_at(last + 0xABC), 0xABC0'0ABC);
      // STE, CD, and one descriptor for each level.
      CHECK(bench.fetches.size() == 2 + 4 - row.level);
      CHECK(bench.translate(read_at(last)).page_size == granule_bytes);
    }
  }
}

TEST_CASE("SMMU-039 Blocks map the size of their level", "[smmuv3]") {
  WalkBench bench;
  bench.map_1(0x40'0000'0000, 0x1'4000'0000, 1);
  bench.map_1(0x80'0020'0000, 0x1'8060'0000, 2);
  expect_passes(bench, read_at(0x40'3FFF'F123), 0x1'7FFF'F123);
  CHECK(bench.translate(read_at(0x40'0000'0000)).page_size == page_1g);
  expect_passes(bench, read_at(0x80'003F'F000), 0x1'807F'F000);
  CHECK(bench.translate(read_at(0x80'003F'F000)).page_size == page_2m);
}

TEST_CASE("SMMU-039 With 52-bit addresses a 64 KiB granule has wider ranges and outputs", "[smmuv3]") {
  auto config = everything();
  config.output_address_bits = 52;
  config.input_address_52 = true;
  WalkBench bench{config};
  const PhysAddr root = bench.new_table(0x1'0000);
  bench.cd<Cd::TG0>(1);
  bench.cd<Cd::T0SZ>(12);
  bench.cd<Cd::IPS>(6);
  bench.cd<Cd::TTB0>(root.value() >> 4);
  const smmuv3::TableGeometry shape{Granule::size_64k, 52, 1};
  const std::uint64_t input = 0xF'FFFF'FFFF'0000;
  // Output bits 51:48 stand in bits 15:12.
  bench.map(shape, root, input, 0x0000'1234'5678'0000 | 0xA000 | DecisionBench::leaf_1, 3);
  expect_passes(bench, read_at(input + 0x8765), 0xA'1234'5678'8765);
  bench.map(shape, root, 0x0, 0x3 << 12 | DecisionBench::leaf_1, 1);
  expect_passes(bench, read_at(0x100'1234'5000), 0x3'0100'1234'5000);
  bench.cd<Cd::IPS>(5);
  expect_event(bench, read_at(input), EventCode::f_addr_size);
}

TEST_CASE("SMMU-040 Bits above the range must repeat bit 55, but for a tag with TBI", "[smmuv3]") {
  WalkBench bench;
  const PhysAddr upper = bench.new_table();
  bench.cd<Cd::T0SZ>(25);
  bench.cd<Cd::T1SZ>(25);
  bench.cd<Cd::TG1>(2);
  bench.cd<Cd::EPD1>(0);
  bench.cd<Cd::TTB1>(upper.value() >> 4);
  const smmuv3::TableGeometry shape{Granule::size_4k, 39, 1};
  bench.map(shape, bench.root_1, 0x7F'FFFF'F000, 0x1000'0000 | DecisionBench::leaf_1, 3);
  bench.map(shape, upper, 0x0, 0x2000'0000 | DecisionBench::leaf_1, 3);
  expect_passes(bench, read_at(0x7F'FFFF'F000), 0x1000'0000);
  expect_passes(bench, read_at(0xFFFF'FF80'0000'0000), 0x2000'0000);
  for (const std::uint64_t outside :
       {0x80'0000'0000ULL, 0x0080'007F'FFFF'F000ULL, 0xFFFF'FF7F'FFFF'F000ULL, 0xFF7F'FF80'0000'0000ULL})
    expect_event(bench, read_at(outside), EventCode::f_translation);
  for (const std::uint64_t tagged : {0xA500'007F'FFFF'F000ULL, 0x5AFF'FF80'0000'0000ULL}) {
    const auto event = expect_event(bench, read_at(tagged), EventCode::f_translation);
    CHECK(event.input_address == tagged);
  }
  bench.cd<Cd::TBI0>(1);
  expect_passes(bench, read_at(0xA500'007F'FFFF'F000), 0x1000'0000);
  expect_event(bench, read_at(0x5AFF'FF80'0000'0000), EventCode::f_translation);
  bench.cd<Cd::TBI1>(1);
  expect_passes(bench, read_at(0x5AFF'FF80'0000'0000), 0x2000'0000);
  expect_event(bench, read_at(0x5A7F'FF80'0000'0000), EventCode::f_translation);
}

TEST_CASE("SMMU-040 The EL2 world without E2H has one half", "[smmuv3]") {
  WalkBench bench;
  bench.ste<Ste::STRW>(2);
  bench.cd<Cd::EPD1>(0);
  bench.cd<Cd::EPD0>(1);
  bench.map_1(page, 0x1000);
  expect_passes(bench, read_at(page), 0x1000);
  expect_event(bench, read_at(0xFFFF'FFFF'FFFF'F000), EventCode::f_translation);
  bench.control.e2h = true;
  // E2H has both halves, so EPD0 counts, and TTB1 must be legal.
  expect_event(bench, read_at(page), EventCode::c_bad_cd);
}

TEST_CASE("SMMU-041 EPD0 makes F_TRANSLATION without a walk", "[smmuv3]") {
  WalkBench bench;
  bench.map_1(page, 0x1000);
  bench.cd<Cd::EPD0>(1);
  const auto event = expect_event(bench, read_at(page), EventCode::f_translation);
  CHECK_FALSE(event.stage_2);
  CHECK(event.fault_class == FaultClass::input);
  CHECK(bench.fetches.size() == 2);
}

TEST_CASE("SMMU-042 Invalid descriptors are F_TRANSLATION", "[smmuv3]") {
  for (unsigned level = 0; level < 4; ++level) {
    WalkBench bench;
    const PhysAddr leaf = bench.map_1(page, 0x1000, level == 0 ? 3 : level);
    const PhysAddr at = level == 0 ? bench.root_1 + 8 * (page >> 39) : leaf;
    for (const std::uint64_t kind : {0ULL, 2ULL}) {
      bench.store(at, (bench.load(at) & ~std::uint64_t{3}) | kind);
      expect_event(bench, read_at(page), EventCode::f_translation);
      CHECK(bench.fetches.size() == 3 + level);
    }
  }
  WalkBench bench;
  const PhysAddr leaf = bench.map_1(page, 0x1000);
  bench.store(leaf, (bench.load(leaf) & ~std::uint64_t{3}) | 1);
  expect_event(bench, read_at(page), EventCode::f_translation);
  bench.store(bench.root_1 + 8 * (page >> 39), DecisionBench::leaf_1 | 1);
  expect_event(bench, read_at(page), EventCode::f_translation);
}

TEST_CASE("SMMU-042 Level 1 blocks need a 4 KiB granule, or 64 KiB with 52-bit addresses", "[smmuv3]") {
  for (const unsigned tg0 : {1U, 2U}) {
    WalkBench bench;
    const PhysAddr root = bench.new_table(0x1'0000);
    bench.cd<Cd::TG0>(tg0);
    bench.cd<Cd::T0SZ>(20);
    bench.cd<Cd::TTB0>(root.value() >> 4);
    for (std::uint64_t i = 0; i < 0x100; ++i)
      bench.store(root + 8 * i, DecisionBench::leaf_1 | 1);
    expect_event(bench, read_at(0x1000), EventCode::f_translation);
  }
}

TEST_CASE("SMMU-042 What cannot be read is F_WALK_EABT", "[smmuv3]") {
  WalkBench bench;
  const PhysAddr leaf = bench.map_1(page, 0x1000);
  bench.bus.fail_page(leaf);
  const auto event = expect_event(bench, write_at(page), EventCode::f_walk_eabt);
  CHECK_FALSE(event.stage_2);
  CHECK(event.fault_class == FaultClass::table_walk);
  CHECK(event.fetch_address == leaf.value());
  CHECK_FALSE(event.read);
}

TEST_CASE("SMMU-043 Tables and pages beyond the effective IPS are F_ADDR_SIZE", "[smmuv3]") {
  WalkBench bench;
  bench.cd<Cd::IPS>(1);
  const PhysAddr leaf = bench.map_1(page, 0xF'FFFF'F000);
  expect_passes(bench, read_at(page), 0xF'FFFF'F000);
  bench.store(leaf, 0x10'0000'0000 | DecisionBench::leaf_1 | 3);
  const auto event = expect_event(bench, read_at(page), EventCode::f_addr_size);
  CHECK(event.fault_class == FaultClass::input);
  bench.store(bench.root_1 + 8 * (page >> 39), 0x10'0000'0000 | 3);
  expect_event(bench, read_at(page), EventCode::f_addr_size);
  CHECK(bench.fetches.size() == 3);
  // IPS beyond the unit's addresses is as wide as they are.
  bench.cd<Cd::IPS>(6);
  bench.store(bench.root_1 + 8 * (page >> 39), 0x8000'0000'0000 | 3);
  expect_event(bench, read_at(page), EventCode::f_translation);
}

TEST_CASE("SMMU-044 A page without access flag is F_ACCESS, unless AFFD or HA", "[smmuv3]") {
  WalkBench bench;
  const PhysAddr leaf = bench.map_1(page, 0x1000);
  bench.set<S1, S1::AF>(leaf, 0);
  expect_event(bench, read_at(page), EventCode::f_access);
  bench.cd<Cd::AFFD>(1);
  expect_passes(bench, read_at(page), 0x1000);
  CHECK((bench.load(leaf) & S1::AF::mask) == 0);
  bench.cd<Cd::AFFD>(0);
  bench.cd<Cd::HA>(1);
  expect_passes(bench, read_at(page), 0x1000);
  CHECK((bench.load(leaf) & S1::AF::mask) != 0);
}

TEST_CASE("SMMU-054 The contiguous hint does not change where a page lies", "[smmuv3]") {
  WalkBench bench{everything_cached()};
  for (std::uint64_t i = 0; i < 16; ++i) {
    const PhysAddr leaf = bench.map_1(0x10'0000 + i * page_4k, 0x90'0000 + i * page_4k);
    bench.set<S1, S1::Contiguous>(leaf, 1);
  }
  for (unsigned round = 0; round < 2; ++round)
    for (std::uint64_t i = 0; i < 16; ++i)
      expect_passes(bench, read_at(0x10'0000 + i * page_4k + 4), 0x90'0000 + i * page_4k + 4);
}
