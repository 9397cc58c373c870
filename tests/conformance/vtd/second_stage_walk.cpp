// SPDX-License-Identifier: Apache-2.0
// The second-stage walk in legacy mode (VT-d sheet, 2.7, 2.8, 4.1).
// Oracle: the specification's entry layout, walk order and fault reasons.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x41'2345'6000;
constexpr PhysAddr target{0x5'6789'A000};

vtd::UnitConfig with_levels(unsigned levels) {
  vtd::UnitConfig config;
  config.table_levels = {levels};
  config.guest_address_width = 12 + 9 * levels;
  return config;
}

std::uint64_t page_size_at(unsigned level) {
  return std::uint64_t{1} << (12 + 9 * (level - 1));
}

/// `device` has `page` mapped by tables of four levels.
struct WalkBench : VtdBench {
  explicit WalkBench(const vtd::UnitConfig& config = {}) : VtdBench{config}, domain{start()} {
    tables.map(domain, Iova{page}, target);
  }
  PhysAddr entry(unsigned level) const { return tables.second_stage_entry(domain, Iova{page}, level); }
  void set_bit(unsigned level, unsigned bit) {
    tables.store(entry(level), with_bit(tables.load<SecondStageEntry>(entry(level)), bit));
  }
  Domain domain;
};

}  // namespace

TEST_CASE("VTD-027 A walk of 3, 4 or 5 levels takes nine address bits a level", "[vtd][legacy]") {
  const unsigned levels = GENERATE(3U, 4U, 5U);
  VtdBench bench{with_levels(levels)};
  const Domain domain = bench.start(levels);
  // Another index at every level, so that no two bit ranges can be mistaken for one another.
  std::uint64_t address = 0;
  for (unsigned level = 1; level <= levels; ++level)
    address |= std::uint64_t{0x0A3 + 0x11 * level} * page_size_at(level);
  bench.tables.map(domain, Iova{address}, target);
  expect_translated(bench, read_of(address + 0xABC), target + 0xABC);
  expect_translated(bench, write_of(address), target);
  bench.registers.invalidate_everything();
  expect_translated(bench, read_of(address + 0xFFC), target + 0xFFC);
  CHECK(bench.fetches.size() == 2 + levels);
  expect_fault(bench, read_of(address ^ page_size_at(levels)), 0x6);
}

TEST_CASE("VTD-028 PS maps 2 MiB in a PDE and 1 GiB in a PDPTE", "[vtd][legacy]") {
  VtdBench bench;
  const Domain domain = bench.start(GENERATE(3U, 4U));
  const std::uint64_t size = GENERATE(page_2m, page_1g);
  const std::uint64_t address = 0x12'4000'0000;
  bench.tables.map(domain, Iova{address}, PhysAddr{0x3'4000'0000}, Rights{}, size);
  expect_translated(bench, read_of(address), PhysAddr{0x3'4000'0000});
  expect_translated(bench, write_of(address + 0x12'3450), PhysAddr{0x3'4012'3450});
  expect_translated(bench, read_of(address + size - 4), PhysAddr{0x3'4000'0000} + (size - 4));
  CHECK(bench.translate(read_of(address)).page_size == size);
  expect_fault(bench, read_of(address + size), 0x6);
}

TEST_CASE("VTD-029 PS where SLLPS does not allow it is fault 0xC", "[vtd][legacy]") {
  vtd::UnitConfig config;
  const std::uint64_t size = GENERATE(page_2m, page_1g);
  (size == page_2m ? config.pages_2m : config.pages_1g) = false;
  VtdBench bench{config};
  const Domain domain = bench.start();
  bench.tables.map(domain, Iova{0x4000'0000}, PhysAddr{0x8000'0000}, Rights{}, size);
  expect_fault(bench, read_of(0x4000'0000), 0xC);
  const std::uint64_t other = size == page_2m ? page_1g : page_2m;
  bench.tables.map(domain, Iova{0xC0'4000'0000}, PhysAddr{0x8000'0000}, Rights{}, other);
  expect_translated(bench, read_of(0xC0'4000'0000), PhysAddr{0x8000'0000});
}

TEST_CASE("VTD-029 PS in a PML4E is fault 0xC", "[vtd][legacy]") {
  WalkBench bench;
  bench.set_bit(4, 7);
  expect_fault(bench, read_of(page), 0xC);
}

TEST_CASE("VTD-029 PS in a PML5E is fault 0xC", "[vtd][legacy]") {
  VtdBench bench{with_levels(5)};
  const Domain domain = bench.start(5);
  bench.tables.map(domain, Iova{page}, target);
  bench.tables.set<SecondStageEntry, SecondStageEntry::PS>(bench.tables.second_stage_entry(domain, Iova{page}, 5), 1);
  expect_fault(bench, read_of(page), 0xC);
}

TEST_CASE("VTD-029 PS in a PTE is ignored", "[vtd][legacy]") {
  WalkBench bench;
  bench.set_bit(1, 7);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-030 A large leaf with address bits below its size is fault 0xC", "[vtd][legacy]") {
  VtdBench bench;
  const Domain domain = bench.start();
  const std::uint64_t size = GENERATE(page_2m, page_1g);
  const PhysAddr leaf = bench.tables.map(domain, Iova{0x4000'0000}, PhysAddr{0x8000'0000}, Rights{}, size);
  const auto valid = bench.tables.load<SecondStageEntry>(leaf);
  for (unsigned bit = 12; (std::uint64_t{1} << bit) < size; ++bit) {
    bench.tables.store(leaf, with_bit(valid, bit));
    expect_fault(bench, read_of(0x4000'0000), 0xC);
  }
}

TEST_CASE("VTD-031 SNP is legal in a leaf exactly with snoop control", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.snoop_control = GENERATE(false, true);
  const std::uint64_t size = GENERATE(page_4k, page_2m, page_1g);
  VtdBench bench{config};
  const Domain domain = bench.start();
  const PhysAddr leaf = bench.tables.map(domain, Iova{0x4000'0000}, PhysAddr{0x8000'0000}, Rights{}, size);
  bench.tables.set<SecondStageEntry, SecondStageEntry::SNP>(leaf, 1);
  if (config.snoop_control) {
    expect_translated(bench, read_of(0x4000'0000), PhysAddr{0x8000'0000});
  } else {
    expect_fault(bench, read_of(0x4000'0000), 0xC);
  }
}

TEST_CASE("VTD-031 SNP in an entry that points to a table is fault 0xC", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.snoop_control = GENERATE(false, true);
  WalkBench bench{config};
  bench.set_bit(GENERATE(2U, 3U, 4U), 11);
  expect_fault(bench, read_of(page), 0xC);
}

TEST_CASE("VTD-032 Address bits from the host address width to 51 are reserved", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.host_address_width = 46;
  WalkBench bench{config};
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  const auto valid = bench.tables.load<SecondStageEntry>(bench.entry(level));
  for (unsigned bit = 46; bit <= 51; ++bit) {
    bench.tables.store(bench.entry(level), with_bit(valid, bit));
    expect_fault(bench, write_of(page), 0xC);
  }
}

TEST_CASE("VTD-032 Entry bits 61:52 and 63 are ignored", "[vtd][legacy]") {
  WalkBench bench;
  for (unsigned level = 1; level <= 4; ++level) {
    for (unsigned bit = 52; bit <= 61; ++bit)
      bench.set_bit(level, bit);
    bench.set_bit(level, 63);
  }
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-036 An input beyond its width is fault 0x4 and reads no page table", "[vtd][legacy]") {
  vtd::UnitConfig config;
  config.guest_address_width = 48;
  config.table_levels = {3, 4, 5};
  VtdBench bench{config};
  const unsigned levels = GENERATE(3U, 4U, 5U);
  const Domain domain = bench.start(levels);
  const std::uint64_t limit = std::uint64_t{1} << (levels == 3 ? 39 : 48);
  bench.tables.map(domain, Iova{limit - page_4k}, target);
  expect_translated(bench, read_of(limit - 4), target + 0xFFC);
  bench.registers.invalidate_everything();
  bench.bus.fail_page(domain.top);
  expect_fault(bench, read_of(limit), 0x4);
  expect_fault(bench, write_of(std::uint64_t{1} << 63), 0x4);
  expect_fault(bench, read_of(~std::uint64_t{0} - 3), 0x4);
}

TEST_CASE("VTD-037 An access error is fault 0x3 at the top table and 0x7 below", "[vtd][legacy]") {
  WalkBench bench;
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  bench.bus.fail_page(bench.entry(level));
  expect_fault(bench, read_of(page), level == 4 ? 0x3 : 0x7);
  bench.bus.repair();
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-037 Tables where no memory is are access errors too", "[vtd][legacy]") {
  WalkBench bench;
  const PhysAddr nowhere{0x80'0000'0000};
  bench.tables.store(bench.entry(2), second_stage_entry(nowhere));
  expect_fault(bench, read_of(page), 0x7);
  const PhysAddr context = bench.tables.context_entry(device);
  bench.tables.set<ContextEntry, ContextEntry::SSPTPTR>(context, nowhere.value() >> 12);
  bench.registers.invalidate_everything();
  expect_fault(bench, read_of(page), 0x3);
}

TEST_CASE("VTD-038 A page whose output is the interrupt range is fault 0xE", "[vtd][legacy]") {
  VtdBench bench;
  const Domain domain = bench.start();
  bench.tables.map(domain, Iova{0x1000}, PhysAddr{0xFEE0'0000});
  bench.tables.map(domain, Iova{0x2000}, PhysAddr{0xFEEF'F000});
  bench.tables.map(domain, Iova{0x3000}, PhysAddr{0xFEDF'F000});
  bench.tables.map(domain, Iova{0x4000}, PhysAddr{0xFEF0'0000});
  expect_fault(bench, write_of(0x1000), 0xE);
  expect_fault(bench, read_of(0x2FFC), 0xE);
  expect_translated(bench, write_of(0x3FFC), PhysAddr{0xFEDF'FFFC});
  expect_translated(bench, write_of(0x4000), PhysAddr{0xFEF0'0000});
}

TEST_CASE("VTD-038 A large page faults only where its output is the interrupt range", "[vtd][legacy]") {
  VtdBench bench;
  const Domain domain = bench.start();
  bench.tables.map(domain, Iova{0x4000'0000}, PhysAddr{0xC000'0000}, Rights{}, page_1g);
  expect_translated(bench, write_of(0x4000'0000), PhysAddr{0xC000'0000});
  expect_fault(bench, write_of(0x7EE0'0000), 0xE);
  expect_fault(bench, read_of(0x7EEF'FFF0), 0xE);
  expect_translated(bench, write_of(0x7EF0'0000), PhysAddr{0xFEF0'0000});
}

TEST_CASE("VTD-042 Of an access that crosses pages, the unmapped second page faults", "[vtd][legacy]") {
  WalkBench bench;
  // The port splits at the page: eight bytes on each side of the boundary.
  expect_translated(bench, write_of(page + 0xFF8, device, 8), target + 0xFF8);
  expect_fault(bench, write_of(page + 0x1000, device, 8), 0x5);
}
