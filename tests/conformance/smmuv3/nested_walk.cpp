// SPDX-License-Identifier: Apache-2.0
// Both stages: where faults of one come up in the other, and what becomes of attributes.
// Oracle: SMMUv3 architecture, 3.3.2, 3.13.5, 5.2 (S2PTW), 7.3.12 to 7.3.16 and 13.1.5.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommusim::smmuv3::EventCode;
using iommusim::smmuv3::FaultClass;
using iommusim::smmuv3::Shareability;

namespace {

constexpr std::uint64_t page = 0x4000'0000;
constexpr std::uint64_t ipa = 0x7'0000'0000;
constexpr std::uint64_t target = 0x9000'0000;

struct NestedBench : DecisionBench {
  explicit NestedBench(const smmuv3::UnitConfig& built_as = everything()) : DecisionBench{built_as} {
    nested();
    leaf_of_1 = map_1(page, ipa);
    leaf_of_2 = map_2(ipa, target);
  }
  /// The stage 2 entry that shows the tables: one block of 1 GiB.
  PhysAddr table_block() { return map_2(guest, 0, 1); }
  PhysAddr leaf_of_1;
  PhysAddr leaf_of_2;
};

}  // namespace

TEST_CASE("SMMU-050 Both stages translate, and the smaller page counts", "[smmuv3]") {
  NestedBench bench;
  expect_passes(bench, read_at(page + 0x123), target + 0x123);
  // L1 block in stage 2 for each of: CD, four descriptors; then the page.
  CHECK(bench.fetches.size() == 1 + 2 + 1 + 4 * 3 + 4);
  bench.map_2(0x8'0000'0000, 0xA000'0000, 2);
  bench.map_1(page, 0x8'0000'0000);
  CHECK(bench.translate(read_at(page)).page_size == page_4k);
  bench.map_1(0x8000'0000, 0x8'0000'0000, 1);
  const auto result = bench.translate(read_at(0x8012'3456));
  CHECK(result.page_size == page_2m);
  CHECK(result.address == PhysAddr{0xA012'3456});
}

TEST_CASE("SMMU-050 A stage 2 fault on a context descriptor has class CD", "[smmuv3]") {
  NestedBench bench;
  bench.store(bench.table_block(), 0);
  auto event = expect_event(bench, read_at(page), EventCode::f_translation);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::context_descriptor);
  CHECK(event.fetch_address == bench.contexts.value() + DecisionBench::guest);
  CHECK(event.input_address == page);
  bench.set<S2, S2::R>(bench.table_block(), 0);
  expect_event(bench, read_at(page), EventCode::f_permission);
  bench.bus.fail_page(bench.table_block());
  event = expect_event(bench, read_at(page), EventCode::f_walk_eabt);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::context_descriptor);
}

TEST_CASE("SMMU-050 A stage 2 fault on a stage 1 descriptor has class TT and its IPA", "[smmuv3]") {
  NestedBench bench;
  const PhysAddr top = bench.root_1 + 8 * (page >> 39);
  bench.store(top, 0x3F'0000'0000 | 3);
  const auto event = expect_event(bench, write_at(page), EventCode::f_translation);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::table_walk);
  CHECK(event.fetch_address == 0x3F'0000'0000 + 8 * (page >> 30 & 0x1FF));
  CHECK_FALSE(event.read);
  const PhysAddr unreadable = bench.map_2(0x3F'0000'0000, 0x1000, 1);
  bench.set<S2, S2::R>(unreadable, 0);
  const auto denied = expect_event(bench, write_at(page), EventCode::f_permission);
  CHECK(denied.fault_class == FaultClass::table_walk);
  CHECK(denied.table_read);
  bench.set<S2, S2::AF>(unreadable, 0);
  CHECK(expect_event(bench, read_at(page), EventCode::f_access).stage_2);
  bench.store(unreadable, 0x8'0000'0000'0000 | DecisionBench::leaf_2 | 1);
  bench.ste<Ste::S2PS>(4);
  bench.store(unreadable, 0x1000'0000'0000 | DecisionBench::leaf_2 | 1);
  CHECK(expect_event(bench, read_at(page), EventCode::f_addr_size).fault_class == FaultClass::table_walk);
}

TEST_CASE("SMMU-050 A stage 2 fault on the page has class IN and its IPA", "[smmuv3]") {
  NestedBench bench;
  bench.store(bench.leaf_of_2, 0);
  const auto event = expect_event(bench, read_at(page + 0x10), EventCode::f_translation);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::input);
  CHECK((event.fetch_address & ~std::uint64_t{0xFFF}) == ipa);
  CHECK(event.input_address == page + 0x10);
  bench.bus.fail_page(bench.leaf_of_2);
  const auto failed = expect_event(bench, read_at(page), EventCode::f_walk_eabt);
  CHECK(failed.stage_2);
  CHECK(failed.fault_class == FaultClass::input);
  CHECK(failed.fetch_address == bench.leaf_of_2.value());
}

TEST_CASE("SMMU-050 An external abort on a stage 1 descriptor is of stage 1", "[smmuv3]") {
  NestedBench bench;
  bench.bus.fail_page(bench.leaf_of_1);
  const auto event = expect_event(bench, read_at(page), EventCode::f_walk_eabt);
  CHECK_FALSE(event.stage_2);
  CHECK(event.fault_class == FaultClass::table_walk);
  CHECK(event.fetch_address == bench.leaf_of_1.value());
}

TEST_CASE("SMMU-049 An update that memory refuses has the class of what its descriptor was fetched for", "[smmuv3]") {
  NestedBench bench;
  bench.ste<Ste::S2HA>(1);
  bench.set<S2, S2::AF>(bench.leaf_of_2, 0);
  bench.bus.refuse_writes(bench.leaf_of_2);
  auto event = expect_event(bench, read_at(page), EventCode::f_walk_eabt);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::input);
  CHECK(event.fetch_address == bench.leaf_of_2.value());
  const PhysAddr block = bench.table_block();
  bench.set<S2, S2::AF>(block, 0);
  bench.bus.refuse_writes(block);
  event = expect_event(bench, read_at(page), EventCode::f_walk_eabt);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::context_descriptor);
  CHECK(event.fetch_address == block.value());
}

TEST_CASE("SMMU-049 The update of the page of a stage 1 descriptor has class TT, though the page was cached",
          "[smmuv3]") {
  NestedBench bench{everything_cached()};
  bench.cd<Cd::HA>(1);
  bench.ste<Ste::S2HA>(1);
  bench.ste<Ste::S2HD>(1);
  const PhysAddr block = bench.table_block();
  bench.set<S2, S2::W>(block, 0);
  bench.set<S2, S2::DBM>(block, 1);
  expect_passes(bench, read_at(page), target);
  // The descriptor of the next page, which the same block shows, becomes accessed, and the block thereby dirty.
  const PhysAddr next = bench.map_1(page + page_4k, ipa);
  bench.set<S1, S1::AF>(next, 0);
  bench.bus.refuse_writes(block);
  const auto event = expect_event(bench, read_at(page + page_4k), EventCode::f_walk_eabt);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::table_walk);
  CHECK(event.fetch_address == block.value());
}

TEST_CASE("SMMU-050 Both stages must permit the access", "[smmuv3]") {
  NestedBench bench;
  bench.set<S2, S2::W>(bench.leaf_of_2, 0);
  CHECK(expect_event(bench, write_at(page), EventCode::f_permission).stage_2);
  const auto result = bench.translate(read_at(page));
  CHECK(result.readable);
  CHECK_FALSE(result.writable);
  bench.set<S1, S1::AP2>(bench.leaf_of_1, 1);
  CHECK_FALSE(expect_event(bench, write_at(page), EventCode::f_permission).stage_2);
}

TEST_CASE("SMMU-051 A fault of stage 1 comes before stage 2 of its output", "[smmuv3]") {
  NestedBench bench;
  bench.store(bench.leaf_of_2, 0);
  bench.store(bench.leaf_of_1, ipa | DecisionBench::leaf_1);
  CHECK_FALSE(expect_event(bench, read_at(page), EventCode::f_translation).stage_2);
  bench.store(bench.leaf_of_1, 0x1'0000'0000 | (DecisionBench::leaf_1 & ~S1::AF::mask) | 3);
  CHECK_FALSE(expect_event(bench, read_at(page), EventCode::f_access).stage_2);
  bench.cd<Cd::IPS>(1);
  bench.store(bench.leaf_of_1, 0x10'0000'0000 | DecisionBench::leaf_1 | 3);
  // The tables themselves are at IPAs beyond 36 bits.
  CHECK_FALSE(expect_event(bench, read_at(page), EventCode::c_bad_cd).stage_2);
}

TEST_CASE("SMMU-052 S2PTW keeps walks out of Device memory", "[smmuv3]") {
  NestedBench bench;
  const PhysAddr block = bench.table_block();
  bench.set<S2, S2::MemAttr>(block, 1);
  expect_passes(bench, read_at(page), target);
  bench.ste<Ste::S2PTW>(1);
  CHECK(expect_event(bench, read_at(page), EventCode::f_permission).fault_class == FaultClass::context_descriptor);
  // Only the tables: context descriptors stand elsewhere.
  const PhysAddr elsewhere{0x4100'0000};
  for (std::uint64_t word = 0; word < 64; word += 8)
    bench.store(elsewhere + word, bench.load(bench.contexts + word));
  bench.ste<Ste::S1ContextPtr>((elsewhere.value() + DecisionBench::guest) >> 6);
  const auto event = expect_event(bench, write_at(page), EventCode::f_permission);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::table_walk);
  CHECK(event.table_read);
  // The page itself may be Device memory.
  bench.set<S2, S2::MemAttr>(block, 0xF);
  bench.set<S2, S2::MemAttr>(bench.leaf_of_2, 1);
  expect_passes(bench, write_at(page), target);
}

TEST_CASE("SMMU-053 The stronger type and the wider shareability of both stages count", "[smmuv3]") {
  struct Row {
    unsigned index;
    unsigned memattr;
    std::uint8_t type;
  };
  // Stage 1: 0x44, 0xFF, 0x04 and 0xBB by index.
  for (const Row& row : {Row{1, 0xF, 0xFF}, Row{1, 0x5, 0x44}, Row{1, 0xA, 0xBB}, Row{0, 0xF, 0x44}, Row{2, 0xF, 0x04},
                         Row{1, 0x0, 0x00}, Row{2, 0x3, 0x04}, Row{2, 0x0, 0x00}, Row{1, 0x3, 0x0C}, Row{3, 0xF, 0xBB},
                         Row{1, 0x7, 0x4F}}) {
    INFO("stage 1 attribute " << row.index << ", stage 2 " << row.memattr);
    NestedBench bench;
    bench.set<S1, S1::AttrIndx>(bench.leaf_of_1, row.index);
    bench.set<S2, S2::MemAttr>(bench.leaf_of_2, row.memattr);
    expect_passes(bench, read_at(page), target);
    CHECK(static_cast<unsigned>(bench.effects.attributes.type) == row.type);
  }
  NestedBench bench;
  bench.set<S1, S1::SH>(bench.leaf_of_1, 0);
  bench.set<S2, S2::SH>(bench.leaf_of_2, 3);
  expect_passes(bench, read_at(page), target);
  CHECK(bench.effects.attributes.shareability == Shareability::inner);
  bench.set<S1, S1::SH>(bench.leaf_of_1, 2);
  expect_passes(bench, read_at(page), target);
  CHECK(bench.effects.attributes.shareability == Shareability::outer);
}

TEST_CASE("SMMU-053 S2FWB forces the type", "[smmuv3]") {
  NestedBench bench;
  bench.ste<Ste::S2FWB>(1);
  bench.set<S1, S1::AttrIndx>(bench.leaf_of_1, 0);
  bench.set<S2, S2::MemAttr>(bench.table_block(), 6);
  for (const auto& [memattr, type] : {std::pair{6U, 0xFFU}, {7U, 0x44U}, {5U, 0x44U}, {1U, 0x04U}}) {
    bench.set<S2, S2::MemAttr>(bench.leaf_of_2, memattr);
    expect_passes(bench, read_at(page), target);
    CHECK(static_cast<unsigned>(bench.effects.attributes.type) == type);
  }
}

TEST_CASE("SMMU-049 Nested: updating a stage 1 descriptor needs stage 2 write permission", "[smmuv3]") {
  NestedBench bench;
  const PhysAddr block = bench.table_block();
  bench.cd<Cd::HA>(1);
  bench.set<S1, S1::AF>(bench.leaf_of_1, 0);
  bench.set<S2, S2::W>(block, 0);
  const auto event = expect_event(bench, read_at(page), EventCode::f_permission);
  CHECK(event.stage_2);
  CHECK(event.fault_class == FaultClass::table_walk);
  CHECK_FALSE(event.table_read);
  CHECK((bench.load(bench.leaf_of_1) & S1::AF::mask) == 0);
  // Clean in stage 2: it becomes dirty.
  bench.ste<Ste::S2HA>(1);
  bench.ste<Ste::S2HD>(1);
  bench.set<S2, S2::DBM>(block, 1);
  expect_passes(bench, read_at(page), target);
  CHECK((bench.load(bench.leaf_of_1) & S1::AF::mask) != 0);
  CHECK((bench.load(block) & S2::W::mask) != 0);
}

TEST_CASE("SMMU-049 Nested: nothing becomes dirty by a write that stage 2 refuses", "[smmuv3]") {
  NestedBench bench;
  bench.cd<Cd::HA>(1);
  bench.cd<Cd::HD>(1);
  bench.set<S1, S1::AP2>(bench.leaf_of_1, 1);
  bench.set<S1, S1::DBM>(bench.leaf_of_1, 1);
  bench.set<S2, S2::W>(bench.leaf_of_2, 0);
  CHECK(expect_event(bench, write_at(page), EventCode::f_permission).stage_2);
  CHECK((bench.load(bench.leaf_of_1) & S1::AP2::mask) != 0);
  bench.ste<Ste::S2HA>(1);
  bench.ste<Ste::S2HD>(1);
  bench.set<S2, S2::DBM>(bench.leaf_of_2, 1);
  expect_passes(bench, write_at(page), target);
  CHECK((bench.load(bench.leaf_of_1) & S1::AP2::mask) == 0);
  CHECK((bench.load(bench.leaf_of_2) & S2::W::mask) != 0);
}

TEST_CASE("SMMU-049 Fetching a context descriptor marks its page accessed, never dirty", "[smmuv3]") {
  NestedBench bench;
  const PhysAddr block = bench.table_block();
  bench.ste<Ste::S2HA>(1);
  bench.ste<Ste::S2HD>(1);
  bench.set<S2, S2::AF>(block, 0);
  bench.set<S2, S2::W>(block, 0);
  bench.set<S2, S2::DBM>(block, 1);
  expect_passes(bench, read_at(page), target);
  CHECK((bench.load(block) & S2::AF::mask) != 0);
  CHECK((bench.load(block) & S2::W::mask) == 0);
}

TEST_CASE("SMMU-051 Nested walks through walk and IPA caches end where the tables lead", "[smmuv3]") {
  auto config = everything();
  config.walk_cache_entries = 48;
  config.ipa_cache_entries = 64;
  NestedBench bench{config};
  expect_passes(bench, read_at(page), target);
  const std::size_t cold = bench.fetches.size();
  expect_passes(bench, read_at(page + 4), target + 4);
  // STE, CD, the last descriptor of stage 1; the rest is cached.
  CHECK(bench.fetches.size() == 3);
  CHECK(cold > 15);
  expect_passes(bench, write_at(page), target);
  bench.set<S2, S2::W>(bench.leaf_of_2, 0);
  expect_passes(bench, write_at(page), target);
  smmuv3::TlbInvalidation ipa_only;
  ipa_only.scope = smmuv3::TlbInvalidation::Scope::ipa;
  ipa_only.vmid = 7;
  ipa_only.address = ipa;
  bench.caches.invalidate(ipa_only);
  expect_event(bench, write_at(page), EventCode::f_permission);
}
