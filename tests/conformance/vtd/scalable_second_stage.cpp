// SPDX-License-Identifier: Apache-2.0
// Second-stage tables of a PASID (VT-d sheet, 2.5, 2.7, 4.3).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/mapped_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

TEST_CASE("VTD-095 The second stage refuses what is absent, not permitted, reserved, unreadable or too wide",
          "[vtd][scalable]") {
  MappedBench bench;
  expect_fault(bench, read_of(page + page_4k), 0x79);
  expect_fault(bench, write_of(page + page_4k), 0x79);
  expect_fault(bench, read_of(std::uint64_t{1} << 48), 0x84);
  const PhysAddr leaf = bench.tables.second_stage_entry(bench.domain, Iova{page}, 1);
  bench.change(leaf, 0, 1 << 1);
  expect_fault(bench, write_of(page), 0x85);
  bench.change(leaf, 1 << 1, 1 << 0);
  expect_fault(bench, read_of(page), 0x86);
  // Each level permits something, and all together nothing.
  const PhysAddr above = bench.tables.second_stage_entry(bench.domain, Iova{page}, 2);
  bench.change(above, 0, 1 << 1);
  expect_fault(bench, read_of(page), 0x79);
  expect_fault(bench, write_of(page), 0x85);
  bench.change(above, 1 << 1);
  bench.change(leaf, 1 | std::uint64_t{1} << 50);
  expect_fault(bench, read_of(page), 0x7A);
  bench.bus.fail_page(leaf);
  expect_fault(bench, read_of(page), 0x78);
  bench.bus.fail_page(bench.domain.top);
  expect_fault(bench, read_of(page), 0x7B);
}

TEST_CASE("VTD-095 Second-stage accessed and dirty bits are set where SLADE says so", "[vtd][scalable]") {
  MappedBench bench;
  const auto entry = [&](unsigned level) { return bench.tables.second_stage_entry(bench.domain, Iova{page}, level); };
  expect_translated(bench, write_of(page), target);
  for (unsigned level = 1; level <= 4; ++level)
    CHECK((bench.word(entry(level)) & (second_stage_bit::a | second_stage_bit::d)) == 0);
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  expect_translated(bench, read_of(page), target);
  for (unsigned level = 1; level <= 4; ++level)
    CHECK((bench.word(entry(level)) & (second_stage_bit::a | second_stage_bit::d)) == second_stage_bit::a);
  expect_translated(bench, write_of(page), target);
  CHECK((bench.word(entry(1)) & second_stage_bit::d) != 0);
  CHECK((bench.word(entry(2)) & second_stage_bit::d) == 0);
}

TEST_CASE("VTD-095 Without snooped walks a second-stage bit that is to be set is fault 0x7C", "[vtd][scalable]") {
  MappedBench bench;
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  expect_translated(bench, write_of(page), target);
  bench.set_pasid_field<PasidEntry::PWSNP>(0);
  expect_translated(bench, write_of(page), target);
  bench.change(bench.tables.second_stage_entry(bench.domain, Iova{page}, 1), 0, second_stage_bit::d);
  expect_translated(bench, read_of(page), target);
  expect_fault(bench, write_of(page), 0x7C);
}

TEST_CASE("VTD-095 Execution needs X where SLEE says so", "[vtd][scalable]") {
  MappedBench bench;
  const auto request = with_pasid(0x12345, executing(read_of(page)));
  bench.set_pasid_field<PasidEntry::ERE>(1, 0x12345);
  expect_translated(bench, request, target);
  bench.set_pasid_field<PasidEntry::SLEE>(1, 0x12345);
  expect_fault(bench, request, 0x82);
  for (unsigned level = 1; level <= 4; ++level)
    bench.change(bench.tables.second_stage_entry(bench.domain, Iova{page}, level), 1 << 2);
  expect_translated(bench, request, target);
}
