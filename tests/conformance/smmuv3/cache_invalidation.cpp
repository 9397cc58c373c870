// SPDX-License-Identifier: Apache-2.0
// What the caches keep, and what each command removes from them.
// Oracle: SMMUv3 architecture, 3.17, 3.21, 4.3 and 4.4.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::smmuv3::testing;
using iommusim::smmuv3::ConfigInvalidation;
using iommusim::smmuv3::Lookup;
using iommusim::smmuv3::Regime;
using iommusim::smmuv3::TlbInvalidation;
using Scope = TlbInvalidation::Scope;

namespace {

constexpr std::uint64_t page = 0x4000'0000;
constexpr std::uint64_t other_page = 0x4000'1000;

/// Two pages in the TLB, the second of which is global: VMID 7, ASID 5.
struct CachedBench : DecisionBench {
  explicit CachedBench(bool el2 = false) : DecisionBench{everything_cached()} {
    stage_1();
    if (el2) ste<Ste::STRW>(2);
    map_1(page, 0x1000);
    set<S1, S1::nG>(map_1(other_page, 0x2000), 0);
    fill();
  }
  void fill() {
    translate(read_at(page));
    translate(read_at(other_page));
  }
  bool has(std::uint64_t address) { return decide(read_at(address)) == Lookup::hit; }
  bool has_config() {
    decide(read_at(page));
    return effects.config_lookup == Lookup::hit;
  }
  Lookup decide(const iommu::TranslationRequest& request) {
    smmuv3::decide(inputs(), request, fetches, effects);
    return effects.tlb_lookup;
  }
  void expect_after(const TlbInvalidation& request, bool has_page, bool has_global) {
    fill();
    REQUIRE(has(page));
    REQUIRE(has(other_page));
    caches.invalidate(request);
    CHECK(has(page) == has_page);
    CHECK(has(other_page) == has_global);
  }
};

TlbInvalidation of(Scope scope, std::uint16_t vmid = 7, std::uint16_t asid = 5, std::uint64_t address = 0,
                   std::uint64_t size = 1) {
  TlbInvalidation request;
  request.scope = scope;
  request.vmid = vmid;
  request.asid = asid;
  request.address = address;
  request.size = size;
  return request;
}

ConfigInvalidation config_of(ConfigInvalidation::Scope scope, std::uint32_t first, std::uint32_t last = 0) {
  ConfigInvalidation request;
  request.scope = scope;
  request.stream = first;
  request.last_stream = last;
  return request;
}

}  // namespace

TEST_CASE("SMMU-013 Caches answer while nothing is invalidated, whatever SMMUEN did", "[smmuv3]") {
  CachedBench bench;
  bench.control.enabled = false;
  expect_passes(bench, read_at(page), page);
  bench.control.enabled = true;
  CHECK(bench.has(page));
  CHECK(bench.has_config());
}

TEST_CASE("SMMU-071 CFGI removes entries of its streams and no translation", "[smmuv3]") {
  using Config = ConfigInvalidation::Scope;
  struct Row {
    ConfigInvalidation request;
    bool stays;
  };
  for (const Row& row : {Row{config_of(Config::everything, 0), false}, Row{config_of(Config::stream, 8), false},
                         Row{config_of(Config::stream, 9), true}, Row{config_of(Config::streams, 8, 11), false},
                         Row{config_of(Config::streams, 0, 7), true}, Row{config_of(Config::streams, 0, 8), false},
                         Row{config_of(Config::contexts, 8), false}, Row{config_of(Config::contexts, 7), true},
                         Row{config_of(Config::context, 8), false}}) {
    CachedBench bench;
    REQUIRE(bench.has_config());
    bench.caches.invalidate(row.request);
    CHECK(bench.has_config() == row.stays);
    CHECK(bench.has(page));
  }
  CachedBench bench;
  ConfigInvalidation other = config_of(Config::context, 8);
  other.substream = 1;
  bench.caches.invalidate(other);
  CHECK(bench.has_config());
}

TEST_CASE("SMMU-073 NH_ASID, NH_VA, NH_VAA and NH_ALL remove what they name", "[smmuv3]") {
  CachedBench bench;
  bench.expect_after(of(Scope::asid), false, true);
  bench.expect_after(of(Scope::asid, 7, 6), true, true);
  // Global entries have no ASID, not even 0.
  bench.expect_after(of(Scope::asid, 7, 0), true, true);
  bench.expect_after(of(Scope::asid, 8, 5), true, true);
  bench.expect_after(of(Scope::va_asid, 7, 5, page), false, true);
  bench.expect_after(of(Scope::va_asid, 7, 6, page), true, true);
  bench.expect_after(of(Scope::va_asid, 7, 6, other_page), true, false);
  bench.expect_after(of(Scope::va, 7, 99, page), false, true);
  bench.expect_after(of(Scope::va, 8, 5, page), true, true);
  bench.expect_after(of(Scope::va, 7, 0, page, 0x2000), false, false);
  bench.expect_after(of(Scope::va, 7, 0, page - 0x1000, 0x1000), true, true);
  bench.expect_after(of(Scope::all), false, false);
  bench.expect_after(of(Scope::all, 8), true, true);
}

TEST_CASE("SMMU-073 The VMID wildcard ignores low bits", "[smmuv3]") {
  CachedBench bench;
  auto request = of(Scope::all, 4);
  bench.expect_after(request, true, true);
  request.vmid_ignored = 1;
  bench.expect_after(request, true, true);
  request.vmid_ignored = 3;
  bench.expect_after(request, false, false);
}

TEST_CASE("SMMU-073 Blocks go whole when an address inside is invalidated", "[smmuv3]") {
  CachedBench bench;
  bench.map_1(0x8000'0000, 0x1'0000'0000, 1);
  bench.translate(read_at(0x8000'0000));
  REQUIRE(bench.has(0xBFFF'F000));
  bench.caches.invalidate(of(Scope::va_asid, 7, 5, 0xC000'0000));
  CHECK(bench.has(0xBFFF'F000));
  bench.caches.invalidate(of(Scope::va_asid, 7, 5, 0xBFFF'F000));
  CHECK_FALSE(bench.has(0x8000'0000));
}

TEST_CASE("SMMU-073 Addresses of the upper half and tagged ones are removed too", "[smmuv3]") {
  DecisionBench bench{everything_cached()};
  bench.stage_1();
  const PhysAddr upper = bench.new_table();
  bench.cd<Cd::EPD1>(0);
  bench.cd<Cd::T1SZ>(16);
  bench.cd<Cd::TG1>(2);
  bench.cd<Cd::TBI1>(1);
  bench.cd<Cd::TTB1>(upper.value() >> 4);
  bench.map({smmuv3::Granule::size_4k, 48, 0}, upper, 0xFFFF'FFFF'F000, 0x1000 | DecisionBench::leaf_1, 3);
  const std::uint64_t tagged = 0x12FF'FFFF'FFFF'F000;
  expect_passes(bench, read_at(~std::uint64_t{0xFFF}), 0x1000);
  CHECK(bench.translate(read_at(tagged)).translation_cached);
  bench.caches.invalidate(of(Scope::va_asid, 7, 5, ~std::uint64_t{0xFFF}));
  CHECK_FALSE(bench.translate(read_at(tagged)).translation_cached);
}

TEST_CASE("SMMU-074 S2_IPA removes stage 2 entries of its VMID, S12_VMALL all of it", "[smmuv3]") {
  DecisionBench bench{everything_cached()};
  bench.stage_2();
  bench.map_2(page, 0x1000);
  const auto is_cached = [&] { return bench.translate(read_at(page)).translation_cached; };
  is_cached();
  for (const auto& request : {of(Scope::ipa, 8, 0, page), of(Scope::ipa, 7, 0, other_page), of(Scope::all),
                              of(Scope::va, 7, 0, page), of(Scope::vmid_both_stages, 8)}) {
    bench.caches.invalidate(request);
    CHECK(is_cached());
  }
  for (const auto& request : {of(Scope::ipa, 7, 0, page), of(Scope::vmid_both_stages), of(Scope::all_non_hypervisor)}) {
    bench.caches.invalidate(request);
    CHECK_FALSE(is_cached());
    CHECK(is_cached());
  }
  CachedBench combined;
  combined.expect_after(of(Scope::vmid_both_stages), false, false);
  combined.expect_after(of(Scope::vmid_both_stages, 8), true, true);
}

TEST_CASE("SMMU-075 The worlds are invalidated apart", "[smmuv3]") {
  CachedBench el1;
  auto el2_all = of(Scope::all);
  el2_all.regime = Regime::el2;
  el1.expect_after(el2_all, true, true);
  el1.expect_after(of(Scope::all_non_hypervisor), false, false);
  CachedBench el2{true};
  el2.expect_after(of(Scope::all_non_hypervisor), true, true);
  el2.expect_after(of(Scope::all), true, true);
  el2.expect_after(el2_all, false, false);
  // Neither VMID nor ASID: there are none.
  el2_all = of(Scope::va_asid, 3, 3, page);
  el2_all.regime = Regime::el2;
  el2.expect_after(el2_all, false, true);
}

TEST_CASE("SMMU-076 A page that was moved is seen after the invalidation at the latest", "[smmuv3]") {
  CachedBench bench;
  bench.map_1(page, 0x7000);
  const auto stale = bench.translate(read_at(page));
  CHECK((stale.address == PhysAddr{0x1000} || stale.address == PhysAddr{0x7000}));
  bench.caches.invalidate(of(Scope::va_asid, 7, 5, page));
  expect_passes(bench, read_at(page), 0x7000);
}

TEST_CASE("SMMU-077 An edited context descriptor is seen after CFGI, its translations stay", "[smmuv3]") {
  CachedBench bench;
  bench.cd<Cd::EPD0>(1);
  bench.caches.invalidate(config_of(ConfigInvalidation::Scope::context, 8));
  expect_event(bench, read_at(page), smmuv3::EventCode::f_translation);
  bench.cd<Cd::EPD0>(0);
  bench.cd<Cd::TTB0>(bench.new_table().value() >> 4);
  bench.caches.invalidate(config_of(ConfigInvalidation::Scope::context, 8));
  expect_passes(bench, read_at(page), 0x1000);
  bench.caches.invalidate(of(Scope::asid));
  expect_event(bench, read_at(page), smmuv3::EventCode::f_translation);
}

TEST_CASE("SMMU-077 Structures that are invalid or could not be read are not kept", "[smmuv3]") {
  DecisionBench bench{everything_cached()};
  expect_event(bench, read_at(page), smmuv3::EventCode::c_bad_ste);
  bench.stage_1();
  bench.map_1(page, 0x1000);
  bench.bus.fail_page(bench.contexts);
  expect_event(bench, read_at(page), smmuv3::EventCode::f_cd_fetch);
  bench.bus.repair();
  expect_passes(bench, read_at(page), 0x1000);
}

TEST_CASE("SMMU-078 Leaf keeps what table descriptors say", "[smmuv3]") {
  CachedBench bench;
  auto request = of(Scope::va_asid, 7, 5, page);
  request.leaf = true;
  bench.caches.invalidate(request);
  bench.translate(read_at(page));
  CHECK(bench.fetches.size() == 1);
  request.leaf = false;
  bench.caches.invalidate(request);
  bench.translate(read_at(page));
  CHECK(bench.fetches.size() == 4);
}

TEST_CASE("Streams with the same ASID and VMID share translations", "[smmuv3]") {
  CachedBench bench;
  for (std::uint64_t word = 0; word < 64; word += 8)
    bench.store(bench.ste_at(9) + word, bench.load(bench.ste_at() + word));
  auto request = read_at(page);
  request.requester = RequesterId{9};
  const auto result = bench.translate(request);
  CHECK_FALSE(result.context_cached);
  CHECK(result.translation_cached);
}

TEST_CASE("A cached page without the permission is walked again", "[smmuv3]") {
  DecisionBench bench{everything_cached()};
  bench.stage_1();
  const PhysAddr leaf = bench.map_1(page, 0x1000);
  bench.set<S1, S1::AP2>(leaf, 1);
  expect_passes(bench, read_at(page), 0x1000);
  expect_event(bench, write_at(page), smmuv3::EventCode::f_permission);
  bench.set<S1, S1::AP2>(leaf, 0);
  expect_passes(bench, write_at(page), 0x1000);
  CHECK(bench.translate(write_at(page)).translation_cached);
}

TEST_CASE("A dirty page is written from the TLB, a clean one is not", "[smmuv3]") {
  DecisionBench bench{everything_cached()};
  bench.stage_1();
  bench.cd<Cd::HA>(1);
  bench.cd<Cd::HD>(1);
  const PhysAddr leaf = bench.map_1(page, 0x1000);
  bench.set<S1, S1::AP2>(leaf, 1);
  bench.set<S1, S1::DBM>(leaf, 1);
  expect_passes(bench, read_at(page), 0x1000);
  CHECK_FALSE(bench.translate(read_at(page)).writable);
  CHECK_FALSE(bench.translate(write_at(page)).translation_cached);
  CHECK((bench.load(leaf) & S1::AP2::mask) == 0);
  const auto result = bench.translate(write_at(page));
  CHECK(result.translation_cached);
  CHECK(result.writable);
}

TEST_CASE("The micro TLB holds what entered it last", "[smmuv3]") {
  auto config = everything_cached();
  config.micro_tlb_entries = 4;
  DecisionBench bench{config};
  bench.stage_1();
  for (std::uint64_t i = 0; i < 5; ++i) {
    bench.map_1(page + i * page_4k, i * page_4k);
    bench.translate(read_at(page + i * page_4k));
  }
  const auto in_micro = [&](std::uint64_t i) {
    smmuv3::decide(bench.inputs(), read_at(page + i * page_4k), bench.fetches, bench.effects);
    CHECK(bench.effects.tlb_lookup == Lookup::hit);
    return bench.effects.in_micro_tlb;
  };
  CHECK_FALSE(in_micro(0));
  for (std::uint64_t i = 1; i < 5; ++i)
    CHECK(in_micro(i));
  bench.translate(read_at(page));
  CHECK(in_micro(0));
  CHECK_FALSE(in_micro(1));
  CHECK(bench.caches.statistics.tlb_hits == 1);
  CHECK(bench.caches.statistics.micro_tlb_hits == 0);
}

TEST_CASE("A hit can be repeated until something is forgotten", "[smmuv3]") {
  CachedBench bench;
  const auto result = bench.translate(read_at(page));
  const auto hits = smmuv3::hits_of(bench.caches, bench.effects, result.outcome);
  REQUIRE(hits);
  CHECK(smmuv3::repeat(bench.caches, *hits));
  bench.caches.invalidate(of(Scope::asid, 99, 99));
  CHECK_FALSE(smmuv3::repeat(bench.caches, *hits));
}
