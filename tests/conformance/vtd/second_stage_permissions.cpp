// SPDX-License-Identifier: Apache-2.0
// Who may read and write through second-stage entries (VT-d sheet, 2.7 and 4.1).
// Oracle: the specification's rule that rights are the AND over the levels, checked before reserved bits.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x41'2345'6000;
constexpr PhysAddr target{0x5'6789'A000};

struct RightsBench : VtdBench {
  explicit RightsBench(const vtd::UnitConfig& config = {}) : VtdBench{config}, domain{start()} {
    tables.map(domain, Iova{page}, target);
  }
  void set_rights(unsigned level, Rights rights) {
    const PhysAddr where = tables.second_stage_entry(domain, Iova{page}, level);
    tables.set<SecondStageEntry, SecondStageEntry::R>(where, rights.read ? 1 : 0);
    tables.set<SecondStageEntry, SecondStageEntry::W>(where, rights.write ? 1 : 0);
  }
  void set_bit(unsigned level, unsigned bit) {
    const PhysAddr where = tables.second_stage_entry(domain, Iova{page}, level);
    tables.store(where, with_bit(tables.load<SecondStageEntry>(where), bit));
  }
  Domain domain;
};

constexpr Rights read_only{true, false}, write_only{false, true}, nothing{false, false};

}  // namespace

TEST_CASE("VTD-033 A read needs R at every level", "[vtd][legacy]") {
  RightsBench bench;
  bench.set_rights(GENERATE(1U, 2U, 3U, 4U), write_only);
  expect_fault(bench, read_of(page), 0x6);
  expect_translated(bench, write_of(page), target);
  expect_fault(bench, read_of(page), 0x6);
}

TEST_CASE("VTD-033 A write needs W at every level", "[vtd][legacy]") {
  RightsBench bench;
  bench.set_rights(GENERATE(1U, 2U, 3U, 4U), read_only);
  expect_fault(bench, write_of(page), 0x5);
  expect_translated(bench, read_of(page), target);
  expect_fault(bench, write_of(page), 0x5);
}

TEST_CASE("VTD-033 The rights of a translation are those that every level grants", "[vtd][legacy]") {
  RightsBench bench;
  bench.set_rights(GENERATE(1U, 2U, 3U, 4U), read_only);
  const auto result = bench.translate(read_of(page));
  CHECK(result.readable);
  CHECK_FALSE(result.writable);
}

TEST_CASE("VTD-034 A missing right is reported before reserved bits of the same entry", "[vtd][legacy]") {
  RightsBench bench;
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  bench.set_bit(level, 11);
  bench.set_rights(level, read_only);
  expect_fault(bench, write_of(page), 0x5);
  expect_fault(bench, read_of(page), 0xC);
  bench.set_rights(level, write_only);
  expect_fault(bench, read_of(page), 0x6);
  expect_fault(bench, write_of(page), 0xC);
}

TEST_CASE("VTD-034 Reserved bits of an upper entry are reported before missing rights below", "[vtd][legacy]") {
  RightsBench bench;
  bench.set_bit(3, 11);
  bench.set_rights(2, nothing);
  expect_fault(bench, read_of(page), 0xC);
}

TEST_CASE("VTD-035 An entry without rights is not present: its reserved bits do not count", "[vtd][legacy]") {
  RightsBench bench;
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  bench.set_bit(level, 11);
  bench.set_bit(level, 51);
  bench.set_rights(level, nothing);
  expect_fault(bench, write_of(page), 0x5);
  expect_fault(bench, read_of(page), 0x6);
}

TEST_CASE("VTD-040 An AtomicOp needs R and W", "[vtd][legacy]") {
  RightsBench bench;
  bench.store32(target, 0x600D'F00D);
  bench.set_rights(1, read_only);
  expect_fault(bench, atomic_on(page), 0x5);
  bench.set_rights(1, nothing);
  bench.registers.invalidate_everything();
  expect_fault(bench, atomic_on(page), 0x5);
  bench.set_rights(1, write_only);
  expect_fault(bench, atomic_on(page), 0x6);
  CHECK(bench.load32(target) == 0x600D'F00D);
  bench.set_rights(1, Rights{});
  bench.registers.invalidate_everything();
  expect_translated(bench, atomic_on(page), target);
}

TEST_CASE("VTD-041 A zero-length read of a write-only page needs ZLR", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.zero_length_read = GENERATE(false, true);
  RightsBench bench{config};
  bench.set_rights(1, write_only);
  if (config.zero_length_read) {
    expect_translated(bench, read_of(page, device, 0), target);
    expect_translated(bench, read_of(page, device, 0), target);
  } else {
    expect_fault(bench, read_of(page, device, 0), 0x6);
  }
  expect_fault(bench, read_of(page, device, 1), 0x6);
}

TEST_CASE("VTD-041 ZLR asks for a right that every level grants", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.zero_length_read = true;
  RightsBench bench{config};
  bench.set_rights(3, write_only);
  bench.set_rights(1, read_only);
  expect_fault(bench, read_of(page, device, 0), 0x6);
  bench.set_rights(1, Rights{});
  expect_translated(bench, read_of(page, device, 0), target);
}

TEST_CASE("VTD-041 A zero-length read of a page without rights faults with or without ZLR", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.zero_length_read = GENERATE(false, true);
  RightsBench bench{config};
  bench.set_rights(1, nothing);
  expect_fault(bench, read_of(page, device, 0), 0x6);
}
