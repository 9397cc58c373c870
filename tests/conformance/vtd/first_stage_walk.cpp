// SPDX-License-Identifier: Apache-2.0
// First-stage tables: what they translate, refuse and set (VT-d sheet, 2.6 and 4.3).
// Oracle: the specification's entry layout, rules and fault reasons.
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1234'5000;
constexpr std::uint64_t target = 0x5'6789'A000;
constexpr std::uint32_t process = 0x42;
constexpr std::uint64_t rw = 1 << 1, us = 1 << 2, ps = 1 << 7, xd = std::uint64_t{1} << 63;

/// First-stage tables map one page for PASID 0 and `process` of `device`. Nothing is cached.
struct FirstStageBench : ScalableBench {
  explicit FirstStageBench(const vtd::UnitConfig& config = cacheless(), unsigned levels = 4)
      : ScalableBench{config}, first{scalable.new_first_stage(levels)} {
    scalable.map(first, Iova{page}, target);
    use(ScalableTables::first_stage(first, 7));
    PasidEntry entry = ScalableTables::first_stage(first, 7);
    entry.set<PasidEntry::SRE>(1);
    entry.set<PasidEntry::ERE>(1);
    scalable.set_pasid(device, process, entry);
  }
  PhysAddr entry(unsigned level, std::uint64_t address = page) const {
    return scalable.first_stage_entry(first, Iova{address}, level);
  }
  FirstStage first;
};

iommu::TranslationRequest of_process(iommu::TranslationRequest request) {
  return with_pasid(process, request);
}

}  // namespace

TEST_CASE("VTD-097 First-stage tables of 4 and 5 levels map pages of 4 KiB, 2 MiB and 1 GiB", "[vtd][first-stage]") {
  const unsigned levels = GENERATE(4U, 5U);
  vtd::UnitConfig config = cacheless();
  config.first_stage_5_levels = true;
  FirstStageBench bench{config, levels};
  bench.scalable.map(bench.first, Iova{0x7FFF'FFE0'0000}, 0x8'0020'0000, page_2m);
  bench.scalable.map(bench.first, Iova{0x7FFF'8000'0000}, 0x9'4000'0000, page_1g);
  expect_translated(bench, read_of(page + 0xABC), PhysAddr{target + 0xABC});
  expect_translated(bench, write_of(page + 0xABC), PhysAddr{target + 0xABC});
  expect_translated(bench, read_of(0x7FFF'FFF1'2345), PhysAddr{0x8'0031'2345});
  expect_translated(bench, read_of(0x7FFF'8123'4567), PhysAddr{0x9'4123'4567});
}

TEST_CASE("VTD-097 The upper half of the canonical addresses is translated", "[vtd][first-stage]") {
  FirstStageBench bench;
  constexpr std::uint64_t upper = 0xFFFF'8000'0000'1000;
  bench.scalable.map(bench.first, Iova{upper}, 0x6000'0000);
  expect_translated(bench, of_process(read_of(upper + 4)), PhysAddr{0x6000'0004});
}

TEST_CASE("VTD-097 An address that is not canonical is fault 0x80", "[vtd][first-stage]") {
  FirstStageBench bench;
  for (const std::uint64_t address :
       {std::uint64_t{1} << 47, std::uint64_t{1} << 48, 0xFFFF'7FFF'FFFF'F000, 0x8000'0000'0000'0000})
    expect_fault(bench, read_of(address), 0x80);
  CHECK(bench.fetches.size() == 4);
}

TEST_CASE("VTD-097 An absent first-stage entry is fault 0x71 at every level", "[vtd][first-stage]") {
  FirstStageBench bench;
  for (unsigned level = 1; level <= 4; ++level) {
    const std::uint64_t valid = bench.word(bench.entry(level));
    bench.change(bench.entry(level), std::uint64_t{1} << 51, 1);
    expect_fault(bench, read_of(page), 0x71);
    bench.change(bench.entry(level), valid, ~valid);
  }
}

TEST_CASE("VTD-097 A user request needs U/S at every level, a privileged one at none", "[vtd][first-stage]") {
  FirstStageBench bench;
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  bench.change(bench.entry(level), 0, us);
  expect_fault(bench, read_of(page), 0x81);
  expect_fault(bench, of_process(read_of(page)), 0x81);
  expect_translated(bench, of_process(privileged(read_of(page))), PhysAddr{target});
}

TEST_CASE("VTD-097 RID_PRIV makes requests without PASID privileged", "[vtd][first-stage]") {
  FirstStageBench bench;
  bench.change(bench.entry(1), 0, us);
  bench.set_context_field<ScalableContextEntry::RID_PRIV>(1);
  bench.set_pasid_field<PasidEntry::SRE>(1);
  expect_translated(bench, read_of(page), PhysAddr{target});
}

TEST_CASE("VTD-097 A write needs R/W at every level; privileged ones only with WPE", "[vtd][first-stage]") {
  FirstStageBench bench;
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  bench.change(bench.entry(level), 0, rw);
  expect_fault(bench, write_of(page), 0x85);
  expect_fault(bench, atomic_on(page), 0x85);
  expect_translated(bench, read_of(page), PhysAddr{target});
  expect_translated(bench, of_process(privileged(write_of(page))), PhysAddr{target});
  bench.set_pasid_field<PasidEntry::WPE>(1, process);
  expect_fault(bench, of_process(privileged(write_of(page))), 0x85);
}

TEST_CASE("VTD-097 XD forbids execution with NXE, and is reserved without", "[vtd][first-stage]") {
  FirstStageBench bench;
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  const auto execute = of_process(executing(read_of(page)));
  expect_translated(bench, execute, PhysAddr{target});
  bench.change(bench.entry(level), xd);
  expect_fault(bench, execute, 0x72);
  expect_fault(bench, read_of(page), 0x72);
  bench.set_pasid_field<PasidEntry::NXE>(1, process);
  expect_fault(bench, execute, 0x82);
  expect_translated(bench, of_process(read_of(page)), PhysAddr{target});
}

TEST_CASE("VTD-097 SMEP keeps privileged requests from executing user pages", "[vtd][first-stage]") {
  FirstStageBench bench;
  const auto execute = of_process(privileged(executing(read_of(page))));
  expect_translated(bench, execute, PhysAddr{target});
  bench.set_pasid_field<PasidEntry::SMEP>(1, process);
  expect_fault(bench, execute, 0x82);
  expect_translated(bench, of_process(executing(read_of(page))), PhysAddr{target});
  bench.change(bench.entry(1), 0, us);
  expect_translated(bench, execute, PhysAddr{target});
}

TEST_CASE("VTD-097 A reserved bit in a present first-stage entry is fault 0x72", "[vtd][first-stage]") {
  FirstStageBench bench;
  for (unsigned level = 1; level <= 4; ++level) {
    const std::uint64_t valid = bench.word(bench.entry(level));
    for (unsigned bit = 48; bit <= 51; ++bit) {
      bench.change(bench.entry(level), std::uint64_t{1} << bit);
      expect_fault(bench, read_of(page), 0x72);
      bench.change(bench.entry(level), valid, ~valid);
    }
    // Software's and the memory type's.
    for (const unsigned bit : {3U, 4U, 8U, 9U, 10U, 11U, 52U, 62U}) {
      bench.change(bench.entry(level), std::uint64_t{1} << bit);
      expect_translated(bench, read_of(page), PhysAddr{target});
      bench.change(bench.entry(level), valid, ~valid);
    }
  }
  bench.change(bench.entry(4), ps);
  expect_fault(bench, read_of(page), 0x72);
}

TEST_CASE("VTD-097 Address bits below a large first-stage page are reserved, but the PAT bit", "[vtd][first-stage]") {
  FirstStageBench bench;
  constexpr std::uint64_t large = 0x4000'0000;
  bench.scalable.map(bench.first, Iova{large}, 0x8000'0000, page_2m);
  const PhysAddr leaf = bench.entry(2, large);
  for (unsigned bit = 13; bit <= 20; ++bit) {
    bench.change(leaf, std::uint64_t{1} << bit);
    expect_fault(bench, read_of(large), 0x72);
    bench.change(leaf, 0, std::uint64_t{1} << bit);
  }
  bench.change(leaf, 1 << 12);
  expect_translated(bench, read_of(large + 0x1234), PhysAddr{0x8000'1234});
}

TEST_CASE("VTD-097 A 1 GiB first-stage page without FS1GP is fault 0x72", "[vtd][first-stage]") {
  vtd::UnitConfig config = cacheless();
  config.first_stage_1g = false;
  FirstStageBench bench{config};
  bench.scalable.map(bench.first, Iova{0x40'0000'0000}, 0x8000'0000, page_1g);
  expect_fault(bench, read_of(0x40'0000'0000), 0x72);
}

TEST_CASE("VTD-097 An unreadable first-stage table is fault 0x73 at the top and 0x70 below", "[vtd][first-stage]") {
  FirstStageBench bench;
  for (unsigned level = 1; level <= 4; ++level) {
    bench.bus.fail_page(bench.entry(level));
    expect_fault(bench, read_of(page), level == 4 ? 0x73 : 0x70);
    bench.bus.repair();
  }
}

TEST_CASE("VTD-098 A read sets A at every level, a write also D in the leaf", "[vtd][first-stage]") {
  FirstStageBench bench;
  constexpr std::uint64_t both = first_stage_bit::a | first_stage_bit::d;
  expect_translated(bench, read_of(page), PhysAddr{target});
  for (unsigned level = 1; level <= 4; ++level)
    CHECK((bench.word(bench.entry(level)) & both) == first_stage_bit::a);
  expect_translated(bench, write_of(page), PhysAddr{target});
  CHECK((bench.word(bench.entry(1)) & both) == both);
  for (unsigned level = 2; level <= 4; ++level)
    CHECK((bench.word(bench.entry(level)) & both) == first_stage_bit::a);
}

TEST_CASE("VTD-098 A fault at a level leaves that entry alone, and those above are marked", "[vtd][first-stage]") {
  FirstStageBench bench;
  bench.change(bench.entry(2), 0, rw);
  expect_fault(bench, write_of(page), 0x85);
  CHECK((bench.word(bench.entry(4)) & first_stage_bit::a) != 0);
  CHECK((bench.word(bench.entry(3)) & first_stage_bit::a) != 0);
  CHECK((bench.word(bench.entry(2)) & first_stage_bit::a) == 0);
  CHECK((bench.word(bench.entry(1)) & first_stage_bit::a) == 0);
}

TEST_CASE("VTD-098 EAFE sets EA with A", "[vtd][first-stage]") {
  FirstStageBench bench;
  bench.set_pasid_field<PasidEntry::EAFE>(1);
  expect_translated(bench, read_of(page), PhysAddr{target});
  for (unsigned level = 1; level <= 4; ++level)
    CHECK((bench.word(bench.entry(level)) & first_stage_bit::ea) != 0);
}

TEST_CASE("VTD-098 A bit that is to be set by a walk that is not snooped is fault 0x90", "[vtd][first-stage]") {
  FirstStageBench bench;
  bench.set_pasid_field<PasidEntry::PWSNP>(0);
  expect_fault(bench, read_of(page), 0x90);
  for (unsigned level = 1; level <= 4; ++level)
    bench.change(bench.entry(level), first_stage_bit::a);
  expect_translated(bench, read_of(page), PhysAddr{target});
  expect_fault(bench, write_of(page), 0x90);
  bench.change(bench.entry(1), first_stage_bit::d);
  expect_translated(bench, write_of(page), PhysAddr{target});
}

TEST_CASE("VTD-098 Asking what would happen sets no bit", "[vtd][first-stage]") {
  FirstStageBench bench;
  const auto result = bench.unit.decide(write_of(page), bench.fetches);
  CHECK(result.address == PhysAddr{target});
  CHECK(bench.fetches.back().sets == (first_stage_bit::a | first_stage_bit::d));
  for (unsigned level = 1; level <= 4; ++level)
    CHECK((bench.word(bench.entry(level)) & first_stage_bit::a) == 0);
}

TEST_CASE("VTD-098 A page that was read is walked again for its first write, to set D", "[vtd][first-stage]") {
  FirstStageBench bench{vtd::scalable_mode_config()};
  expect_translated(bench, read_of(page), PhysAddr{target});
  CHECK_FALSE(bench.translate(write_of(page)).translation_cached);
  CHECK((bench.word(bench.entry(1)) & first_stage_bit::d) != 0);
  CHECK(bench.translate(write_of(page)).translation_cached);
  CHECK(bench.translate(read_of(page)).translation_cached);
}

TEST_CASE("VTD-098 Tables that contain themselves see the bits that the walk has set", "[vtd][first-stage]") {
  FirstStageBench bench;
  // The top table's last entry leads to the top table: its entries are pages of the address space.
  bench.tables.store(bench.first.top + 8 * 511, FirstStageEntry{bench.first.top.value() | 7});
  constexpr std::uint64_t itself = 0xFFFF'FFFF'FFFF'F000;
  expect_translated(bench, write_of(itself), PhysAddr{bench.first.top});
  const std::uint64_t entry = bench.word(bench.first.top + 8 * 511);
  CHECK((entry & (first_stage_bit::a | first_stage_bit::d)) == (first_stage_bit::a | first_stage_bit::d));
  CHECK(bench.fetches.back().value[0] == (bench.first.top.value() | 7 | first_stage_bit::a));
}
