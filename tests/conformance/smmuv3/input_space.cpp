// SPDX-License-Identifier: Apache-2.0
// What a stream's tables map, found without asking address by address.
// Oracle: the mappings made; and what decide() answers around every border.
#include "iommu/smmuv3/input_space.h"

#include "iommu/smmuv3/describe_fetch.h"
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;

namespace {

using Mapped = iommu::MappedRange;

iommu::InputSpace space_of(const DecisionBench& bench) {
  return smmuv3::input_space(bench.inputs(), DecisionBench::device);
}

void expect_range(const Mapped& range, std::uint64_t first, std::uint64_t last, std::uint64_t output) {
  CHECK(range.input.first == Iova{first});
  CHECK(range.input.last == Iova{last});
  CHECK(range.output == PhysAddr{output});
}

/// Every mapped range is what decide() says at both of its ends, and nothing is translated just outside unless mapped.
void expect_as_decided(DecisionBench& bench, const iommu::InputSpace& space) {
  const auto is_mapped = [&](Iova address) {
    return std::any_of(space.mapped.begin(), space.mapped.end(),
                       [&](const Mapped& range) { return range.input.contains(address); });
  };
  for (const Mapped& range : space.mapped) {
    const auto first = bench.translate(read_at(range.input.first.value()));
    CHECK(first.address == range.output);
    CHECK(first.readable == range.readable);
    const Iova last = range.input.last.aligned_down(page_4k);
    CHECK(bench.translate(read_at(last.value())).address == range.output + (last - range.input.first));
    CHECK((bench.translate(write_at(last.value())).outcome == iommu::Outcome::translated) == range.writable);
  }
  for (const Iova border : space.borders) {
    INFO("border " << border.value());
    const bool translated = bench.translate(read_at(border.value())).outcome == iommu::Outcome::translated;
    CHECK(translated == is_mapped(border));
  }
}

}  // namespace

TEST_CASE("The input space of stage 1 has what its tables map, joined", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  for (std::uint64_t i = 0; i < 3; ++i)
    bench.map_1(0x10'0000 + i * page_4k, 0x90'0000 + i * page_4k);
  bench.set<S1, S1::AP2>(bench.map_1(0x10'3000, 0x90'3000), 1);
  bench.map_1(0x8000'0000, 0x4000'0000, 1);
  bench.set<S1, S1::AF>(bench.map_1(0x20'0000, 0x1000), 0);
  const auto space = space_of(bench);
  REQUIRE(space.complete);
  REQUIRE(space.mapped.size() == 3);
  expect_range(space.mapped[0], 0x10'0000, 0x10'2FFF, 0x90'0000);
  expect_range(space.mapped[1], 0x10'3000, 0x10'3FFF, 0x90'3000);
  CHECK_FALSE(space.mapped[1].writable);
  expect_range(space.mapped[2], 0x8000'0000, 0xBFFF'FFFF, 0x4000'0000);
  expect_as_decided(bench, space);
}

TEST_CASE("The input space of stage 2 counts concatenated tables", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_2();
  const PhysAddr root = bench.new_table(0x8000);
  bench.ste<Ste::S2SL0>(1);
  bench.ste<Ste::S2T0SZ>(22);
  bench.ste<Ste::S2TTB>(root.value() >> 4);
  bench.map({smmuv3::Granule::size_4k, 42, 1}, root, 0x3FF'FFFF'F000, 0x1000 | DecisionBench::leaf_2, 3);
  const auto space = space_of(bench);
  REQUIRE(space.mapped.size() == 1);
  expect_range(space.mapped[0], 0x3FF'FFFF'F000, 0x3FF'FFFF'FFFF, 0x1000);
  expect_as_decided(bench, space);
}

TEST_CASE("The input space of both stages has the pieces of stage 2", "[smmuv3]") {
  DecisionBench bench;
  bench.nested();
  constexpr std::uint64_t ipa = 0x7'0000'0000;
  bench.map_1(0x4000'0000, ipa, 2);
  bench.map_2(ipa, 0x9000'0000);
  bench.map_2(ipa + page_4k, 0xA000'0000);
  bench.set<S2, S2::W>(bench.map_2(ipa + 4 * page_4k, 0x9000'0000), 0);
  const auto space = space_of(bench);
  REQUIRE(space.mapped.size() == 3);
  expect_range(space.mapped[0], 0x4000'0000, 0x4000'0FFF, 0x9000'0000);
  expect_range(space.mapped[1], 0x4000'1000, 0x4000'1FFF, 0xA000'0000);
  expect_range(space.mapped[2], 0x4000'4000, 0x4000'4FFF, 0x9000'0000);
  expect_as_decided(bench, space);
}

TEST_CASE("The input space of the upper half is where its addresses are", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  const PhysAddr upper = bench.new_table();
  bench.cd<Cd::EPD1>(0);
  bench.cd<Cd::T1SZ>(25);
  bench.cd<Cd::TG1>(2);
  bench.cd<Cd::TTB1>(upper.value() >> 4);
  bench.map({smmuv3::Granule::size_4k, 39, 1}, upper, 0, 0x1000 | DecisionBench::leaf_1, 3);
  const auto space = space_of(bench);
  REQUIRE(space.mapped.size() == 1);
  expect_range(space.mapped[0], 0xFFFF'FF80'0000'0000, 0xFFFF'FF80'0000'0FFF, 0x1000);
  expect_as_decided(bench, space);
}

TEST_CASE("Bypassed and refused streams have no mapped ranges", "[smmuv3]") {
  DecisionBench bench;
  CHECK(space_of(bench).mapped.empty());
  bench.bypass();
  CHECK(space_of(bench).mapped.empty());
  bench.stage_1();
  bench.map_1(0, 0);
  CHECK(space_of(bench).mapped.size() == 1);
  bench.control.enabled = false;
  CHECK(space_of(bench).mapped.empty());
}

TEST_CASE("Tables that refer to themselves end an enumeration", "[smmuv3]") {
  DecisionBench bench;
  bench.stage_1();
  for (std::uint64_t i = 0; i < 512; ++i)
    bench.store(bench.root_1 + 8 * i, bench.root_1.value() | DecisionBench::leaf_1 << 0 | 3);
  bench.cd<Cd::T0SZ>(25);
  const auto space = space_of(bench);
  CHECK_FALSE(space.complete);
}

TEST_CASE("What was fetched is put in words", "[smmuv3]") {
  DecisionBench bench;
  bench.nested();
  bench.map_1(0x4000'0000, 0x7'0000'0000);
  bench.translate(read_at(0x4000'0000));
  REQUIRE(bench.fetches.size() > 8);
  const auto words = [&](std::size_t i) { return smmuv3::describe(bench.fetches[i]); };
  CHECK(words(0) ==
        "valid, stage 1, contexts at 0x1000104000, in stage 2 tables at 0x106000, 48 bits, VMID 7, ATS allowed");
  CHECK(words(1) == "table at 0x107000");
  CHECK(words(2) == "block at 0x0, read write");
  CHECK(words(3) == "valid, ASID 5, TTB0 tables at 0x1000105000, 48 bits, TTB1 disabled");
  CHECK(words(bench.fetches.size() - 1) == "invalid");
}
