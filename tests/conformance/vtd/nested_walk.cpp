// SPDX-License-Identifier: Apache-2.0
// First-stage tables in guest memory, translated by the second stage (VT-d sheet, 2.8 and 4.3).
// Oracle: the specification's rules and fault reasons.
#include "iommu/vtd/input_space.h"
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1234'5000;
constexpr std::uint64_t guest = 0x10'0000'0000;
constexpr std::uint64_t guest_page = guest + 0x8000'0000;
constexpr PhysAddr target{0x5'6789'A000};
constexpr std::uint64_t r = 1 << 0, w = 1 << 1;

/// One page through both stages for PASID 0 of `device`. Nothing is cached.
struct NestedBench : ScalableBench {
  explicit NestedBench(const vtd::UnitConfig& config = cacheless(), unsigned first_levels = 4,
                       unsigned second_levels = 4)
      : ScalableBench{config},
        second{tables.new_domain(second_levels)},
        first{scalable.new_nested(second, guest, first_levels)} {
    scalable.map(first, Iova{page}, guest_page);
    host_leaf = tables.map(second, Iova{guest_page}, target);
    use(ScalableTables::first_stage(first, 0));
  }
  PhysAddr entry(unsigned level) const { return scalable.first_stage_entry(first, Iova{page}, level); }
  /// The second-stage leaf of the page that holds the first-stage entry of `level`.
  PhysAddr holder(unsigned level) const {
    return tables.second_stage_entry(second, Iova{entry(level).value() + guest}, 1);
  }
  Domain second;
  FirstStage first;
  PhysAddr host_leaf;
};

}  // namespace

TEST_CASE("VTD-099 First-stage tables and outputs are translated by the second stage", "[vtd][nested]") {
  NestedBench bench;
  expect_translated(bench, read_of(page + 0x10), target + 0x10);
  expect_translated(bench, write_of(page + 0x10), target + 0x10);
  // Root, context, directory, PASID entry; four times four and one; four.
  CHECK(bench.fetches.size() == 4 + 4 * 5 + 4);
}

TEST_CASE("VTD-099 Stages of five levels nest", "[vtd][nested]") {
  vtd::UnitConfig config = cacheless();
  config.first_stage_5_levels = true;
  config.table_levels = {3, 4, 5};
  NestedBench bench{config, 5, 5};
  expect_translated(bench, read_of(page), target);
  CHECK(bench.fetches.size() == 4 + 5 * 6 + 5);
}

TEST_CASE("VTD-099 The smaller page of both stages is the page of the translation", "[vtd][nested]") {
  NestedBench bench;
  bench.scalable.map(bench.first, Iova{0x4000'0000}, guest + 0x4000'0000, page_2m);
  bench.tables.map(bench.second, Iova{guest + 0x4000'0000}, PhysAddr{0x2'0000'0000});
  bench.tables.map(bench.second, Iova{guest + 0x4000'1000}, PhysAddr{0x3'0000'0000});
  CHECK(bench.translate(read_of(0x4000'0000)).page_size == page_4k);
  expect_translated(bench, read_of(0x4000'1008), PhysAddr{0x3'0000'0008});
  bench.scalable.map(bench.first, Iova{0x8000'0000}, guest + 0x20'3000);
  bench.scalable.map(bench.first, Iova{0x8000'1000}, guest + 0x20'4000);
  bench.tables.map(bench.second, Iova{guest + 0x8020'0000}, PhysAddr{0x7'0000'0000}, {}, page_2m);
  bench.scalable.map(bench.first, Iova{0x8000'0000}, guest + 0x8020'3000);
  const auto result = bench.translate(read_of(0x8000'0004));
  CHECK(result.address == PhysAddr{0x7'0000'3004});
  CHECK(result.page_size == page_4k);
}

TEST_CASE("VTD-099 A first-stage table that the second stage does not let be read is fault 0x75 or 0x76",
          "[vtd][nested]") {
  NestedBench bench;
  const std::uint64_t taken = GENERATE(as<std::uint64_t>{}, 0b01, 0b11);
  for (unsigned level = 1; level <= 4; ++level) {
    INFO("level " << level);
    bench.change(bench.holder(level), 0, taken);
    expect_fault(bench, read_of(page), level == 4 ? 0x75 : 0x76);
    bench.change(bench.holder(level), r | w);
  }
}

TEST_CASE("VTD-099 A first-stage bit that the second stage does not let be set is fault 0x77", "[vtd][nested]") {
  NestedBench bench;
  const unsigned level = GENERATE(1U, 2U, 3U, 4U);
  bench.change(bench.holder(level), 0, w);
  expect_fault(bench, read_of(page), 0x77);
  CHECK((bench.word(bench.entry(level)) & first_stage_bit::a) == 0);
  bench.change(bench.entry(level), first_stage_bit::a);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-099 A guest address beyond the second stage is fault 0x74", "[vtd][nested]") {
  vtd::UnitConfig config = cacheless();
  config.guest_address_width = 39;
  NestedBench bench{config, 4, 3};
  expect_translated(bench, read_of(page), target);
  bench.change(bench.entry(1), std::uint64_t{1} << 39);
  expect_fault(bench, read_of(page), 0x74);
  bench.change(bench.entry(3), std::uint64_t{1} << 40);
  expect_fault(bench, read_of(page), 0x74);
  // The place of the top table is checked with the PASID table entry (SPT.4.4).
  bench.set_pasid_field<PasidEntry::FLPTPTR>(std::uint64_t{1} << (39 - 12));
  expect_fault(bench, read_of(page), 0x5B);
  bench.set_pasid_field<PasidEntry::FLPTPTR>(std::uint64_t{1} << (48 - 12));
  expect_fault(bench, read_of(page), 0x5A);
}

TEST_CASE("VTD-099 The second stage restricts what the first permits", "[vtd][nested]") {
  NestedBench bench;
  bench.change(bench.host_leaf, 0, w);
  expect_fault(bench, write_of(page), 0x85);
  expect_translated(bench, read_of(page), target);
  bench.change(bench.host_leaf, w, r);
  expect_fault(bench, read_of(page), 0x86);
  bench.change(bench.host_leaf, 0, w);
  expect_fault(bench, read_of(page), 0x79);
}

TEST_CASE("VTD-099 Errors of second-stage entries keep their reasons below a first-stage walk", "[vtd][nested]") {
  NestedBench bench;
  const PhysAddr holder = bench.holder(2);
  bench.change(holder, std::uint64_t{1} << 50);
  expect_fault(bench, read_of(page), 0x7A);
  bench.change(holder, 0, std::uint64_t{1} << 50);
  bench.bus.fail_page(holder);
  expect_fault(bench, read_of(page), 0x78);
  bench.bus.repair();
  bench.bus.fail_page(bench.second.top);
  expect_fault(bench, read_of(page), 0x7B);
  bench.bus.repair();
  bench.bus.fail_page(bench.first.top);
  expect_fault(bench, read_of(page), 0x73);
}

TEST_CASE("VTD-099 Setting first-stage bits makes their page dirty in the second stage", "[vtd][nested]") {
  NestedBench bench;
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  expect_translated(bench, read_of(page), target);
  for (unsigned level = 1; level <= 4; ++level) {
    CHECK((bench.word(bench.entry(level)) & first_stage_bit::a) != 0);
    CHECK((bench.word(bench.holder(level)) & second_stage_bit::a) != 0);
    CHECK((bench.word(bench.holder(level)) & second_stage_bit::d) != 0);
  }
  CHECK((bench.word(bench.host_leaf) & second_stage_bit::d) == 0);
  expect_translated(bench, write_of(page), target);
  CHECK((bench.word(bench.host_leaf) & second_stage_bit::d) != 0);
}

TEST_CASE("VTD-099 Paging-structure caches change nothing but the fetches", "[vtd][nested]") {
  vtd::UnitConfig config = cacheless();
  config.first_stage_cache_entries = config.second_stage_cache_entries = 64;
  NestedBench bench{config};
  const PhysAddr next = target + 0x10'0000;
  bench.scalable.map(bench.first, Iova{page + page_4k}, guest_page + page_4k);
  bench.tables.map(bench.second, Iova{guest_page + page_4k}, next);
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  expect_translated(bench, read_of(page), target);
  expect_translated(bench, read_of(page + page_4k), next);
  // Root, context, directory, PASID entry; the FS-PTE in a cached table; the SS-PTE in a cached table.
  CHECK(bench.fetches.size() == 4 + 1 + 1);
  expect_translated(bench, write_of(page + page_4k), next);
  const PhysAddr leaf = bench.scalable.first_stage_entry(bench.first, Iova{page + page_4k}, 1);
  CHECK((bench.word(leaf) & first_stage_bit::d) != 0);
}

TEST_CASE("VTD-082 With IH a page invalidation drops first-stage entries that lie in the page's guest tables",
          "[vtd][nested]") {
  vtd::UnitConfig config = cacheless();
  config.first_stage_cache_entries = config.second_stage_cache_entries = 64;
  NestedBench bench{config};
  bench.queue.enable_wide();
  const PhysAddr next = target + 0x10'0000;
  bench.tables.map(bench.second, Iova{guest_page + page_4k}, next);
  expect_translated(bench, read_of(page), target);
  // The guest's page table moves in the host's memory, and maps something else there.
  const PhysAddr moved = bench.tables.new_page();
  const Iova guest_table = Iova{bench.entry(1).value() + guest}.aligned_down(page_4k);
  bench.change(moved + bench.entry(1).offset_in(page_4k), (guest_page + page_4k) | 0x7);
  bench.tables.map(bench.second, guest_table, moved);
  expect_translated(bench, read_of(page), target);
  auto leaves_only = invalidate_pages(bench.second.id, guest_table, 0);
  leaves_only.set<IotlbDescriptor::IH>(1);
  bench.queue.submit(leaves_only);
  expect_translated(bench, read_of(page), next);
}

TEST_CASE("Large first-stage pages over nothing are passed over as a whole", "[vtd][nested]") {
  NestedBench bench;
  for (std::uint64_t i = 0; i < 511; ++i)
    bench.scalable.map(bench.first, Iova{(std::uint64_t{1} << 39) + i * page_1g},
                       (std::uint64_t{1} << 45) + i * page_1g, page_1g);
  const iommu::InputSpace space = bench.unit.input_space(device);
  CHECK(space.complete);
  CHECK(space.mapped.size() == 1);
}

TEST_CASE("An enumeration of nested tables that lead nowhere ends", "[vtd][nested]") {
  NestedBench bench;
  // Guest-physical from here on is 512 GiB that end in one empty table of leaves.
  constexpr std::uint64_t nowhere = std::uint64_t{1} << 45;
  const PhysAddr first_leaf = bench.tables.map(bench.second, Iova{nowhere}, target);
  bench.change(first_leaf, 0, ~std::uint64_t{0});
  const auto fill = [&bench](unsigned level) {
    const PhysAddr first = bench.tables.second_stage_entry(bench.second, Iova{nowhere}, level);
    for (std::uint64_t i = 1; i < 512; ++i)
      bench.change(first + 8 * i, bench.word(first));
  };
  fill(2);
  fill(3);
  for (std::uint64_t i = 0; i < 512; ++i)
    bench.scalable.map(bench.first, Iova{(std::uint64_t{1} << 39) + i * page_1g}, nowhere + i * page_1g, page_1g);
  CHECK_FALSE(bench.unit.input_space(device).complete);
}
