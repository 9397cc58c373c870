// SPDX-License-Identifier: Apache-2.0
// What the unit answers to translation requests and does with translated requests (VT-d specification, 4.2 and 7.1.3).
// Oracle: the columns of the specification's table of fault conditions.
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1234'5000;
constexpr PhysAddr target{0x5'6789'A000};

vtd::UnitConfig with_device_tlb(vtd::UnitConfig config) {
  config.device_tlb = config.no_write_flag = true;
  return config;
}

struct LegacyBench : VtdBench {
  explicit LegacyBench(vtd::UnitConfig config = {}) : VtdBench{with_device_tlb(std::move(config))}, domain{start()} {
    leaf = tables.map(domain, Iova{page}, target);
    tables.set<ContextEntry, ContextEntry::TT>(tables.context_entry(device), TranslationType::device_tlb);
  }
  Domain domain;
  PhysAddr leaf;
};

/// Second-stage tables with one page for PASID 0, first-stage tables for PASID 1; DTE=1. Nothing is cached.
struct AtsBench : ScalableBench {
  AtsBench() : ScalableBench{with_device_tlb(cacheless())}, domain{tables.new_domain(4)} {
    second_leaf = tables.map(domain, Iova{page}, target);
    first_leaf = scalable.map(first, Iova{page}, target.value());
    use(ScalableTables::second_stage(domain));
    scalable.set_pasid(device, 1, ScalableTables::first_stage(first, 9));
    set_context_field<ScalableContextEntry::DTE>(1);
  }
  Domain domain;
  FirstStage first = scalable.new_first_stage();
  PhysAddr second_leaf, first_leaf;
};

/// One page through both stages for PASID 2, accessed and dirty bits in both. Nothing is cached.
struct NestedAtsBench : AtsBench {
  static constexpr std::uint64_t guest = 0x10'0000'0000, guest_page = guest + 0x8000'0000;

  NestedAtsBench() {
    guest_leaf = scalable.map(nested, Iova{page}, guest_page);
    host_leaf = tables.map(host, Iova{guest_page}, target);
    scalable.set_pasid(device, 2, ScalableTables::first_stage(nested, 0));
    set_pasid_field<PasidEntry::SLADE>(1, 2);
  }
  iommu::TranslationResult ask() { return translate(with_pasid(2, asking(read_of(page)))); }
  bool guest_is_dirty() const { return (word(guest_leaf) & first_stage_bit::d) != 0; }
  bool host_is_dirty() const { return (word(host_leaf) & second_stage_bit::d) != 0; }
  /// The second-stage leaf of the page with the guest's leaf.
  PhysAddr holder() const { return tables.second_stage_entry(host, Iova{guest_leaf.value() + guest}, 1); }

  Domain host = tables.new_domain(4);
  FirstStage nested = scalable.new_nested(host, guest);
  PhysAddr guest_leaf, host_leaf;
};

iommu::TranslationRequest translated(iommu::TranslationRequest request) {
  request.address_type = AddressType::translated;
  return request;
}

iommu::TranslationRequest not_writing(iommu::TranslationRequest request) {
  request.no_write = true;
  return request;
}

/// Success without rights, and nothing recorded.
void expect_nothing_granted(VtdBench& bench, const iommu::TranslationRequest& request) {
  const auto result = bench.translate(request);
  CHECK(result.outcome == iommu::Outcome::translated);
  CHECK(result.status == CompletionStatus::successful);
  CHECK_FALSE(result.readable);
  CHECK_FALSE(result.writable);
  CHECK(bench.no_fault_recorded());
}

void expect_status(VtdBench& bench, const iommu::TranslationRequest& request, std::uint16_t reason,
                   CompletionStatus status) {
  CHECK(bench.translate(request).status == status);
  bench.registers.clear_fault_record();
  expect_fault(bench, request, reason);
}

}  // namespace

TEST_CASE("VTD-039 With translation type 01 a translated request passes unchanged", "[vtd][ats]") {
  vtd::UnitConfig config;
  config.context_cache_entries = 0;
  LegacyBench bench{config};
  expect_translated(bench, translated(read_of(0x7'0000'0000)), PhysAddr{0x7'0000'0000});
  expect_translated(bench, translated(write_of(0x7'0000'0000)), PhysAddr{0x7'0000'0000});
  bench.tables.set<ContextEntry, ContextEntry::TT>(bench.tables.context_entry(device),
                                                   TranslationType::untranslated_only);
  expect_fault(bench, translated(read_of(0x7'0000'0000)), 0xD);
}

TEST_CASE("VTD-039 In scalable mode DTE lets translated requests pass", "[vtd][ats]") {
  AtsBench bench;
  expect_translated(bench, translated(read_of(0x7'0000'0000)), PhysAddr{0x7'0000'0000});
  expect_fault(bench, translated(read_of(std::uint64_t{1} << 48)), 0x83);
  bench.set_context_field<ScalableContextEntry::DTE>(0);
  expect_fault(bench, translated(write_of(0x7'0000'0000)), 0x44);
  expect_status(bench, asking(read_of(page)), 0x44, CompletionStatus::unsupported_request);
}

TEST_CASE("VTD-101 A translation request for an absent page succeeds without rights or record", "[vtd][ats]") {
  LegacyBench legacy;
  expect_nothing_granted(legacy, asking(read_of(page + page_4k)));
  AtsBench bench;
  expect_nothing_granted(bench, asking(read_of(page + page_4k)));
  expect_nothing_granted(bench, with_pasid(1, asking(read_of(page + page_4k))));
  // Not canonical, and beyond the width.
  expect_nothing_granted(bench, with_pasid(1, asking(read_of(std::uint64_t{1} << 50))));
  expect_nothing_granted(bench, asking(read_of(std::uint64_t{1} << 50)));
}

TEST_CASE("VTD-101 A translation request without entries is unsupported, with errors in them aborted, and recorded",
          "[vtd][ats]") {
  LegacyBench legacy;
  legacy.tables.set<ContextEntry, ContextEntry::P>(legacy.tables.context_entry(device), 0);
  expect_status(legacy, asking(read_of(page)), 0x2, CompletionStatus::unsupported_request);
  AtsBench bench;
  bench.change(bench.second_leaf, std::uint64_t{1} << 50);
  expect_status(bench, asking(read_of(page)), 0x7A, CompletionStatus::completer_abort);
  bench.bus.fail_page(bench.second_leaf);
  expect_status(bench, asking(read_of(page)), 0x78, CompletionStatus::completer_abort);
}

TEST_CASE("VTD-101 A translation request for an absent PASID succeeds without rights or record", "[vtd][ats]") {
  AtsBench bench;
  const std::uint32_t pasid = GENERATE(0U, 1U);
  const auto request = pasid == 0 ? asking(read_of(page)) : with_pasid(pasid, asking(read_of(page)));
  bench.set_pasid_field<PasidEntry::P>(0, pasid);
  expect_nothing_granted(bench, request);
  bench.set_pasid_field<PasidEntry::P>(1, pasid);
  const PhysAddr directory = bench.scalable.directory_entry(device, pasid);
  bench.change(directory, 0, 1);
  expect_nothing_granted(bench, request);
  bench.change(directory, 1 | 1 << 2);
  expect_status(bench, request, 0x52, CompletionStatus::completer_abort);
}

TEST_CASE("VTD-101 A translation request that its PASID's entry does not allow succeeds without rights or record",
          "[vtd][ats]") {
  AtsBench bench;
  expect_nothing_granted(bench, with_pasid(1, privileged(asking(read_of(page)))));
  expect_nothing_granted(bench, with_pasid(1, executing(asking(read_of(page)))));
  bench.set_context_field<ScalableContextEntry::RID_PRIV>(1);
  expect_nothing_granted(bench, asking(read_of(page)));
}

TEST_CASE("VTD-101 Errors of first-stage entries are no faults of a translation request", "[vtd][ats]") {
  AtsBench bench;
  const auto request = with_pasid(1, asking(read_of(page)));
  SECTION("reserved bits") {
    bench.change(bench.first_leaf, std::uint64_t{1} << 50);
  }
  SECTION("an unreadable table") {
    bench.bus.fail_page(bench.first_leaf);
  }
  SECTION("an unreadable top table") {
    bench.bus.fail_page(bench.first.top);
  }
  SECTION("an accessed bit that a walk may not set") {
    bench.set_pasid_field<PasidEntry::PWSNP>(0, 1);
  }
  expect_nothing_granted(bench, request);
  CHECK(bench.translate(with_pasid(1, read_of(page))).outcome == iommu::Outcome::fault);
}

TEST_CASE("VTD-101 An accessed bit that memory does not take is recorded, too", "[vtd][ats]") {
  AtsBench bench;
  bench.bus.refuse_writes(bench.first_leaf);
  const auto result = bench.translate(with_pasid(1, asking(read_of(page))));
  CHECK(result.outcome == iommu::Outcome::translated);
  CHECK_FALSE((result.readable || result.writable));
  CHECK(bench.registers.fault_record().get<FaultRecord::FR>() == 0x91);
  bench.registers.clear_fault_record();
  bench.set_pasid_field<PasidEntry::FPD>(1, 1);
  expect_nothing_granted(bench, with_pasid(1, asking(read_of(page))));
}

TEST_CASE("VTD-101 An output in the interrupt range aborts the translation request", "[vtd][ats]") {
  AtsBench bench;
  bench.tables.map(bench.domain, Iova{page}, PhysAddr{0xFEE0'0000});
  expect_status(bench, asking(read_of(page)), 0x87, CompletionStatus::completer_abort);
  bench.use(ScalableTables::pass_through(3));
  bench.scalable.set_pasid(device, 1, ScalableTables::pass_through(3));
  expect_status(bench, with_pasid(1, asking(read_of(0xFEE0'0000))), 0x87, CompletionStatus::completer_abort);
  LegacyBench legacy;
  legacy.tables.map(legacy.domain, Iova{page}, PhysAddr{0xFEE0'0000});
  expect_status(legacy, asking(read_of(page)), 0xE, CompletionStatus::completer_abort);
}

TEST_CASE("VTD-039 A translated request to the interrupt range is unsupported, and recorded", "[vtd][ats]") {
  const auto request = GENERATE(translated(read_of(0xFEE0'0000)), translated(write_of(0xFEE0'1000)),
                                translated(read_of(0xFEE0'0000, device, 0)));
  LegacyBench legacy;
  expect_fault(legacy, request, 0xE);
  AtsBench bench;
  expect_fault(bench, request, 0x87);
  bench.set_context_field<ScalableContextEntry::DTE>(0);
  expect_fault(bench, request, 0x44);
  bench.registers.withdraw(global::te);
  CHECK(bench.translate(request).outcome == iommu::Outcome::fault);
  CHECK(bench.no_fault_recorded());
}

TEST_CASE("VTD-039 A translated request asks for no PASID table entry", "[vtd][ats]") {
  AtsBench bench;
  bench.set_pasid_field<PasidEntry::P>(0);
  expect_translated(bench, translated(read_of(0x7'0000'0000)), PhysAddr{0x7'0000'0000});
}

TEST_CASE("VTD-101 A page in the interrupt range does not become dirty, whatever asks for it", "[vtd][ats]") {
  constexpr PhysAddr interrupts{0xFEE0'0000};
  NestedAtsBench bench;
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  bench.second_leaf = bench.tables.map(bench.domain, Iova{page}, interrupts);
  bench.first_leaf = bench.scalable.map(bench.first, Iova{page}, interrupts.value());
  bench.host_leaf = bench.tables.map(bench.host, Iova{NestedAtsBench::guest_page}, interrupts);
  for (const auto& request : {asking(read_of(page)), write_of(page)}) {
    bench.translate(request);
    CHECK((bench.word(bench.second_leaf) & second_stage_bit::d) == 0);
    bench.translate(with_pasid(1, request));
    CHECK((bench.word(bench.first_leaf) & first_stage_bit::d) == 0);
    bench.translate(with_pasid(2, request));
    CHECK_FALSE((bench.guest_is_dirty() || bench.host_is_dirty()));
  }
  // The same tables mark pages of memory.
  bench.tables.map(bench.host, Iova{NestedAtsBench::guest_page}, target);
  bench.ask();
  CHECK((bench.guest_is_dirty() && bench.host_is_dirty()));
}

TEST_CASE("VTD-101 The interrupt range itself is to be used untranslated, for writes", "[vtd][ats]") {
  AtsBench bench;
  const auto result = bench.translate(asking(read_of(0xFEE0'1000)));
  CHECK(result.status == CompletionStatus::successful);
  CHECK(result.untranslated_only);
  CHECK(result.writable);
  CHECK_FALSE(result.readable);
  // Who will not write gets nothing.
  expect_nothing_granted(bench, not_writing(asking(read_of(0xFEE0'1000))));
  CHECK_FALSE(bench.translate(not_writing(asking(read_of(0xFEE0'1000)))).untranslated_only);
  bench.set_pasid_field<PasidEntry::P>(0);
  expect_nothing_granted(bench, asking(read_of(0xFEE0'1000)));
}

TEST_CASE("VTD-102 A translation grants what the tables permit and no larger page", "[vtd][ats]") {
  AtsBench bench;
  auto result = bench.translate(asking(read_of(page)));
  CHECK(result.address == target);
  CHECK((result.readable && result.writable));
  CHECK(result.page_size == page_4k);
  bench.change(bench.second_leaf, 0, 1 << 1);
  result = bench.translate(asking(read_of(page)));
  CHECK((result.readable && !result.writable));
  bench.change(bench.second_leaf, 1 << 1, 1 << 0);
  result = bench.translate(asking(read_of(page)));
  CHECK((!result.readable && result.writable));
  // A user request for a page of supervisors, and a page that only supervisors may write.
  bench.change(bench.first_leaf, 0, 1 << 2);
  expect_nothing_granted(bench, with_pasid(1, asking(read_of(page))));
}

TEST_CASE("VTD-102 Execution is granted where it was asked for and is permitted", "[vtd][ats]") {
  AtsBench bench;
  bench.set_pasid_field<PasidEntry::ERE>(1, 1);
  bench.set_pasid_field<PasidEntry::NXE>(1, 1);
  const auto request = with_pasid(1, asking(read_of(page)));
  CHECK_FALSE(bench.translate(request).executable);
  CHECK(bench.translate(executing(request)).executable);
  bench.change(bench.first_leaf, std::uint64_t{1} << 63);
  const auto result = bench.translate(executing(request));
  CHECK(result.readable);
  CHECK_FALSE(result.executable);
}

TEST_CASE("VTD-102 A granted write sets D; with NW and NWFS it is not granted and D stays", "[vtd][ats]") {
  AtsBench bench;
  const auto request = with_pasid(1, asking(read_of(page)));
  auto result = bench.translate(not_writing(request));
  CHECK((result.readable && !result.writable));
  CHECK((bench.word(bench.first_leaf) & first_stage_bit::d) == 0);
  CHECK((bench.word(bench.first_leaf) & first_stage_bit::a) != 0);
  result = bench.translate(request);
  CHECK(result.writable);
  CHECK((bench.word(bench.first_leaf) & first_stage_bit::d) != 0);
}

TEST_CASE("VTD-102 Without NWFS the no-write flag is not looked at", "[vtd][ats]") {
  vtd::UnitConfig config;
  LegacyBench bench{config};
  CHECK_FALSE(bench.translate(not_writing(asking(read_of(page)))).writable);
  vtd::UnitConfig without = with_device_tlb(config);
  without.no_write_flag = false;
  VtdBench other{without};
  const Domain domain = other.start();
  other.tables.map(domain, Iova{page}, target);
  other.tables.set<ContextEntry, ContextEntry::TT>(other.tables.context_entry(device), TranslationType::device_tlb);
  CHECK(other.translate(not_writing(asking(read_of(page)))).writable);
}

TEST_CASE("VTD-102 Pass-through answers with the identity", "[vtd][ats]") {
  AtsBench bench;
  bench.use(ScalableTables::pass_through(3));
  const auto result = bench.translate(asking(read_of(page)));
  CHECK(result.address == PhysAddr{page});
  CHECK((result.readable && result.writable));
}

TEST_CASE("VTD-102 Nested, a granted write sets D in both stages", "[vtd][ats]") {
  NestedAtsBench bench;
  CHECK(bench.ask().writable);
  CHECK(bench.guest_is_dirty());
  CHECK(bench.host_is_dirty());
  CHECK((bench.word(bench.holder()) & second_stage_bit::d) != 0);
}

TEST_CASE("VTD-102 Where one stage grants no write the other sets no D", "[vtd][ats]") {
  constexpr std::uint64_t w = 1 << 1;
  NestedAtsBench bench;
  const bool by_guest = GENERATE(true, false);
  bench.change(by_guest ? bench.guest_leaf : bench.host_leaf, 0, w);
  const auto result = bench.ask();
  CHECK((result.readable && !result.writable));
  CHECK_FALSE(bench.guest_is_dirty());
  CHECK_FALSE(bench.host_is_dirty());
}

TEST_CASE("VTD-102 Where D cannot be set the page is granted without write", "[vtd][ats]") {
  constexpr std::uint64_t w = 1 << 1;
  NestedAtsBench bench;
  REQUIRE(bench.ask().writable);
  SECTION("a first stage that is not snooped") {
    bench.change(bench.guest_leaf, 0, first_stage_bit::d);
    bench.set_pasid_field<PasidEntry::PWSNP>(0, 2);
  }
  SECTION("a second stage that is not snooped") {
    bench.change(bench.host_leaf, 0, second_stage_bit::d);
    bench.set_pasid_field<PasidEntry::PWSNP>(0, 2);
  }
  SECTION("a guest table that the second stage does not let be written") {
    bench.change(bench.guest_leaf, 0, first_stage_bit::d);
    bench.change(bench.host_leaf, 0, second_stage_bit::d);
    bench.change(bench.holder(), 0, w);
  }
  const bool was_dirty = bench.guest_is_dirty();
  const auto result = bench.ask();
  CHECK(result.outcome == iommu::Outcome::translated);
  CHECK((result.readable && !result.writable));
  CHECK(bench.no_fault_recorded());
  CHECK(bench.guest_is_dirty() == was_dirty);
  // What cannot be written through the first stage is not written in the second.
  if (!was_dirty) CHECK(bench.host_is_dirty() == ((bench.word(bench.holder()) & w) != 0));
}

TEST_CASE("VTD-102 Second-stage tables alone grant no write where D cannot be set", "[vtd][ats]") {
  AtsBench bench;
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  REQUIRE(bench.translate(asking(read_of(page))).writable);
  bench.change(bench.second_leaf, 0, second_stage_bit::d);
  bench.set_pasid_field<PasidEntry::PWSNP>(0);
  const auto result = bench.translate(asking(read_of(page)));
  CHECK((result.readable && !result.writable));
  CHECK(bench.no_fault_recorded());
}

TEST_CASE("VTD-102 The reported page ends before the interrupt range", "[vtd][ats]") {
  LegacyBench bench;
  const std::uint64_t size = GENERATE(page_2m, page_1g);
  struct Case {
    std::uint64_t address, page_size;
  };
  // Identity, so that range and output coincide: 0xFEE0'0000 to 0xFEEF'FFFF in the middle of 1 GiB.
  bench.tables.map(bench.domain, Iova{0xFEE0'0000 & ~(size - 1)}, PhysAddr{0xFEE0'0000 & ~(size - 1)}, {}, size);
  CHECK(bench.translate(asking(read_of(0xFEF0'0000))).page_size == page_4k << 8);
  if (size == page_2m) return;
  for (const Case c : {Case{0xC000'0000, 0x2000'0000}, Case{0xFED0'0000, page_2m}, Case{0xFEDF'F000, page_2m}}) {
    const auto result = bench.translate(asking(read_of(c.address)));
    CHECK(result.address == PhysAddr{c.address});
    CHECK(result.page_size == c.page_size);
  }
  // What the unit translates itself is checked each time.
  CHECK(bench.translate(read_of(0xC000'0000)).page_size == page_1g);
}

TEST_CASE("VTD-102 The reported page leads no address out of and none into the interrupt range", "[vtd][ats]") {
  LegacyBench bench;
  bench.tables.map(bench.domain, Iova{0xFEE0'0000}, PhysAddr{0x1'0000'0000}, {}, page_2m);
  CHECK(bench.translate(asking(read_of(0xFEF0'0000))).page_size == page_4k << 8);
  bench.tables.map(bench.domain, Iova{0x2'0000'0000}, PhysAddr{0xFEE0'0000}, {}, page_2m);
  CHECK(bench.translate(asking(read_of(0x2'0010'0000))).page_size == page_4k << 8);
}

TEST_CASE("VTD-102 A large page is reported with its size", "[vtd][ats]") {
  AtsBench bench;
  bench.tables.map(bench.domain, Iova{0x4000'0000}, PhysAddr{0x3'0020'0000}, {}, page_2m);
  const auto result = bench.translate(asking(read_of(0x4010'3000)));
  CHECK(result.address == PhysAddr{0x3'0030'3000});
  CHECK(result.page_size == page_2m);
  bench.scalable.map(bench.first, Iova{0x4000'0000}, 0x3'0020'0000, page_2m);
  CHECK(bench.translate(with_pasid(1, asking(read_of(0x4010'3000)))).page_size == page_2m);
}
