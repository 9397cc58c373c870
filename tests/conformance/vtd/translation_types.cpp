// SPDX-License-Identifier: Apache-2.0
// What the translation type of a PASID does (VT-d sheet, 2.5, 3.1, 4.3).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/mapped_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

TEST_CASE("VTD-095 PGTT chooses second stage, first stage, nested or pass-through", "[vtd][scalable]") {
  MappedBench bench;
  constexpr std::uint64_t guest = 0x10'0000'0000;
  const FirstStage first = bench.scalable.new_first_stage();
  bench.scalable.map(first, Iova{page}, 0x2'0000'0000);
  const FirstStage nested = bench.scalable.new_nested(bench.domain, guest);
  bench.scalable.map(nested, Iova{page}, guest + 0x5000);
  bench.tables.map(bench.domain, Iova{guest + 0x5000}, PhysAddr{0x3'0000'0000});

  expect_translated(bench, read_of(page + 8), target + 8);
  bench.use(ScalableTables::first_stage(first, 5));
  expect_translated(bench, read_of(page + 8), PhysAddr{0x2'0000'0008});
  bench.use(ScalableTables::first_stage(nested, 0));
  expect_translated(bench, read_of(page + 8), PhysAddr{0x3'0000'0008});
  bench.use(ScalableTables::pass_through(6));
  expect_translated(bench, read_of(page + 8), PhysAddr{page + 8});
  expect_translated(bench, write_of(page + 8), PhysAddr{page + 8});
}

TEST_CASE("VTD-095 Other translation types and widths that the unit lacks are fault 0x5B", "[vtd][scalable]") {
  MappedBench bench;
  for (const std::uint64_t type : {0U, 5U, 6U, 7U}) {
    bench.set_pasid_field<PasidEntry::PGTT>(type);
    expect_fault(bench, read_of(page), 0x5B);
  }
  bench.set_pasid_field<PasidEntry::PGTT>(pgtt::second_stage);
  for (const std::uint64_t width : {0U, 3U, 4U, 7U}) {
    bench.set_pasid_field<PasidEntry::AW>(width);
    expect_fault(bench, read_of(page), 0x5B);
  }
  bench.use(ScalableTables::first_stage(bench.scalable.new_first_stage(), 1));
  for (const std::uint64_t mode : {1U, 2U, 3U}) {
    bench.set_pasid_field<PasidEntry::FLPM>(mode);
    expect_fault(bench, read_of(page), 0x5B);
  }
}

TEST_CASE("VTD-095 Translation types of features that the unit lacks are fault 0x5B", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.nested = config.first_stage = config.first_stage_1g = config.extended_accessed = false;
  config.pass_through = false;
  MappedBench bench{config};
  expect_translated(bench, read_of(page), target);
  for (const std::uint64_t type : {pgtt::first_stage, pgtt::nested, pgtt::pass_through}) {
    bench.set_pasid_field<PasidEntry::PGTT>(type);
    expect_fault(bench, read_of(page), 0x5B);
  }
}

TEST_CASE("VTD-095 The width of the second stage means nothing to pass-through", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.table_levels = {3, 4};
  MappedBench bench{config};
  for (const unsigned levels : {2U, 3U, 4U, 5U}) {
    bench.use(ScalableTables::pass_through(6, levels));
    expect_translated(bench, read_of(page), PhysAddr{page});
  }
}

TEST_CASE("VTD-095 Pass-through ends at the host address width", "[vtd][scalable]") {
  MappedBench bench;
  bench.use(ScalableTables::pass_through(6));
  expect_translated(bench, read_of(0xFFFF'FFFF'FFF8), PhysAddr{0xFFFF'FFFF'FFF8});
  expect_fault(bench, read_of(std::uint64_t{1} << 48), 0x83);
}

TEST_CASE("VTD-095 An output in the interrupt range is fault 0x87", "[vtd][scalable]") {
  MappedBench bench;
  bench.tables.map(bench.domain, Iova{page}, PhysAddr{0xFEE0'0000});
  expect_fault(bench, read_of(page), 0x87);
  bench.tables.map(bench.domain, Iova{0xFEE0'0000}, target);
  expect_translated(bench, with_pasid(0x12345, write_of(0xFEE0'0000)), target);
  bench.scalable.set_pasid(device, 0x12345, ScalableTables::pass_through(6));
  expect_fault(bench, with_pasid(0x12345, write_of(0xFEE0'0000)), 0x87);
}

TEST_CASE("VTD-041 A zero-length read whose output lies in the interrupt range is fault 0x87, too", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.zero_length_read = true;
  MappedBench bench{config};
  // Write-only and not yet dirty.
  bench.tables.map(bench.domain, Iova{page}, PhysAddr{0xFEE0'0000}, {false, true});
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  expect_fault(bench, read_of(page, device, 0), 0x87);
}
