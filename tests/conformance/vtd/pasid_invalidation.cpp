// SPDX-License-Identifier: Apache-2.0
// What each granularity of invalidation drops in scalable mode, and what may survive it (VT-d sheet, 5.1 and 5.2).
// Oracle: the specification's table of descriptors and granularities. What survives is this model's own: it drops
// exactly what is asked for, so that a stale entry shows.
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint32_t first_pasid = 5, same_domain_pasid = 6, second_pasid = 7, nested_pasid = 8;
constexpr std::uint64_t iova = 0x40'0000;
constexpr PhysAddr before{0x2000'0000}, after{0x3000'0000};

iommu::TranslationRequest read_with(std::uint32_t pasid, std::uint64_t address) {
  return with_pasid(pasid, read_of(address));
}

/// PASIDs of one domain: two with first-stage tables, one with second-stage tables, one nested. Two pages of each are
/// cached where they were; the tables lead elsewhere.
struct StaleBench : ScalableBench {
  StaleBench() {
    for (const std::uint32_t pasid : {first_pasid, same_domain_pasid}) {
      first_stages.push_back(scalable.new_first_stage());
      scalable.set_pasid(device, pasid, ScalableTables::first_stage(first_stages.back(), domain.id));
    }
    guest.id = domain.id;
    first_stages.push_back(scalable.new_nested(guest, 0));
    // Guest tables and guest pages lie where they lie in the host.
    tables.map(guest, Iova{before.value()}, before, {}, page_2m);
    tables.map(guest, Iova{after.value()}, after, {}, page_2m);
    scalable.set_pasid(device, second_pasid, ScalableTables::second_stage(domain));
    scalable.set_pasid(device, nested_pasid, ScalableTables::first_stage(first_stages.back(), 0));
    map_everything(before);
    queue.enable_wide();
    for (const std::uint32_t pasid : {first_pasid, same_domain_pasid, second_pasid, nested_pasid})
      for (const std::uint64_t page : {0, 1})
        expect_translated(*this, read_with(pasid, iova + page * page_4k), before + page * page_4k);
    map_everything(after);
  }

  void map_everything(PhysAddr where) {
    for (const std::uint64_t page : {0, 1}) {
      for (const FirstStage& tables_of_pasid : first_stages)
        scalable.map(tables_of_pasid, Iova{iova + page * page_4k}, where.value() + page * page_4k);
      tables.map(domain, Iova{iova + page * page_4k}, where + page * page_4k);
    }
  }

  /// The old page is still used, or the new one is.
  bool is_stale(std::uint32_t pasid, std::uint64_t page = 0) {
    const auto result = translate(read_with(pasid, iova + page * page_4k));
    REQUIRE(result.outcome == iommu::Outcome::translated);
    return result.address == before + page * page_4k;
  }

  Domain domain = tables.new_domain(4), guest = tables.new_domain(4);
  std::vector<FirstStage> first_stages;
};

/// One page of second-stage tables, cached where it was; the tables lead elsewhere.
struct MovedPage : ScalableBench {
  explicit MovedPage(bool with_queue, const vtd::UnitConfig& config = vtd::scalable_mode_config())
      : ScalableBench{config} {
    tables.map(domain, Iova{iova}, before);
    use(ScalableTables::second_stage(domain));
    if (with_queue) queue.enable_wide();
    expect_translated(*this, read_of(iova), before);
    tables.map(domain, Iova{iova}, after);
  }

  Domain domain = tables.new_domain(4);
};

WideDescriptor pasid_iotlb(std::uint64_t granularity, std::uint16_t domain, std::uint32_t pasid,
                           std::uint64_t address = 0, std::uint64_t mask = 0) {
  return WideDescriptor{
      {6 | granularity << 4 | std::uint64_t{domain} << 16 | std::uint64_t{pasid} << 32, address | mask, 0, 0}};
}

WideDescriptor pasid_cache(std::uint64_t granularity, std::uint16_t domain = 0, std::uint32_t pasid = 0) {
  return WideDescriptor{{7 | granularity << 4 | std::uint64_t{domain} << 16 | std::uint64_t{pasid} << 32, 0, 0, 0}};
}

constexpr std::uint64_t whole_pasid = 2, pages_of_pasid = 3;
constexpr std::uint64_t of_domain = 0, of_pasid = 1, reserved = 2, of_all = 3;

}  // namespace

TEST_CASE("VTD-100 A PASID invalidation drops all of that PASID and nothing that others translate with",
          "[vtd][invalidation]") {
  StaleBench bench;
  bench.queue.submit(pasid_iotlb(whole_pasid, bench.domain.id, first_pasid));
  CHECK(bench.registers.fault_status() == 0);
  CHECK_FALSE(bench.is_stale(first_pasid, 0));
  CHECK_FALSE(bench.is_stale(first_pasid, 1));
  CHECK(bench.is_stale(same_domain_pasid));
  CHECK(bench.is_stale(nested_pasid));
}

TEST_CASE("VTD-100 A PASID invalidation drops nested translations, too", "[vtd][invalidation]") {
  StaleBench bench;
  bench.queue.submit(pasid_iotlb(whole_pasid, bench.domain.id, nested_pasid));
  CHECK(bench.registers.fault_status() == 0);
  CHECK_FALSE(bench.is_stale(nested_pasid, 0));
  CHECK_FALSE(bench.is_stale(nested_pasid, 1));
  CHECK(bench.is_stale(first_pasid));
}

TEST_CASE("VTD-100 A PASID invalidation drops second-stage translations, and one of pages leaves them alone",
          "[vtd][invalidation]") {
  StaleBench bench;
  bench.queue.submit(pasid_iotlb(pages_of_pasid, bench.domain.id, second_pasid, iova));
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.is_stale(second_pasid));
  bench.queue.submit(pasid_iotlb(whole_pasid, bench.domain.id, second_pasid));
  CHECK(bench.registers.fault_status() == 0);
  CHECK_FALSE(bench.is_stale(second_pasid));
}

TEST_CASE("VTD-100 Domain-id bits that the unit does not have are not looked at", "[vtd][invalidation]") {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.domain_id_bits = 8;
  MovedPage bench{true, config};
  bench.queue.submit(invalidate_iotlb(Granularity::domain, static_cast<std::uint16_t>(bench.domain.id ^ 1)));
  expect_translated(bench, read_of(iova), before);
  bench.queue.submit(invalidate_iotlb(Granularity::domain, static_cast<std::uint16_t>(bench.domain.id | 0xAB00)));
  expect_translated(bench, read_of(iova), after);
}

TEST_CASE("VTD-082 Address bits beyond MGAW are not looked at", "[vtd][invalidation]") {
  MovedPage bench{true};
  bench.queue.submit(invalidate_pages(bench.domain.id, Iova{iova | std::uint64_t{0xFFFF} << 48}, 0));
  expect_translated(bench, read_of(iova), after);
}

TEST_CASE("VTD-085 In scalable mode commands by register are refused", "[vtd][invalidation]") {
  MovedPage bench{false};
  ContextCommand contexts;
  contexts.set<ContextCommand::ICC>(1);
  contexts.set<ContextCommand::CIRG>(Granularity::global);
  bench.registers.write64(offset::ccmd, contexts.raw());
  const ContextCommand done{bench.registers.read64(offset::ccmd)};
  CHECK(done.get<ContextCommand::ICC>() == 0);
  CHECK(done.get<ContextCommand::CAIG>() == Granularity::none);
  const std::uint64_t iotlb = bench.unit.config().iotlb_offset + 8;
  bench.registers.write64(iotlb, std::uint64_t{1} << 63 | std::uint64_t{1} << 60);
  CHECK((bench.registers.read64(iotlb) >> 57 & 0x43) == 0);
  expect_translated(bench, read_of(iova), before);
}

TEST_CASE("VTD-090 In a unit with scalable mode the end of remapping leaves no translation", "[vtd][invalidation]") {
  MovedPage bench{false};
  bench.registers.withdraw(global::te);
  bench.registers.command(global::te);
  expect_translated(bench, read_of(iova), after);
}

TEST_CASE("VTD-100 A PASID invalidation of another domain drops nothing", "[vtd][invalidation]") {
  StaleBench bench;
  bench.queue.submit(pasid_iotlb(whole_pasid, static_cast<std::uint16_t>(bench.domain.id + 1), first_pasid));
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.is_stale(first_pasid));
}

TEST_CASE("VTD-100 A page of a PASID goes alone, or with its aligned block", "[vtd][invalidation]") {
  StaleBench bench;
  const bool block = GENERATE(false, true);
  bench.queue.submit(pasid_iotlb(pages_of_pasid, bench.domain.id, first_pasid, iova + page_4k, block ? 1 : 0));
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.is_stale(first_pasid, 0) == !block);
  CHECK_FALSE(bench.is_stale(first_pasid, 1));
  CHECK(bench.is_stale(same_domain_pasid, 1));
}

TEST_CASE("VTD-100 The domain's invalidation drops every stage of every PASID", "[vtd][invalidation]") {
  StaleBench bench;
  const auto granularity = GENERATE(Granularity::domain, Granularity::global);
  bench.queue.submit(invalidate_iotlb(granularity, granularity == Granularity::global ? 0 : bench.domain.id));
  for (const std::uint32_t pasid : {first_pasid, same_domain_pasid, second_pasid, nested_pasid})
    for (const std::uint64_t page : {0, 1})
      CHECK_FALSE(bench.is_stale(pasid, page));
}

TEST_CASE("VTD-100 Another domain's invalidation drops nothing", "[vtd][invalidation]") {
  StaleBench bench;
  bench.queue.submit(invalidate_iotlb(Granularity::domain, static_cast<std::uint16_t>(bench.domain.id + 1)));
  CHECK(bench.registers.fault_status() == 0);
  for (const std::uint32_t pasid : {first_pasid, second_pasid, nested_pasid})
    CHECK(bench.is_stale(pasid));
}

TEST_CASE("VTD-100 A page of the domain goes with all first-stage and nested translations", "[vtd][invalidation]") {
  StaleBench bench;
  bench.queue.submit(invalidate_pages(bench.domain.id, Iova{iova}, 0));
  CHECK_FALSE(bench.is_stale(second_pasid, 0));
  CHECK(bench.is_stale(second_pasid, 1));
  for (const std::uint32_t pasid : {first_pasid, same_domain_pasid, nested_pasid})
    for (const std::uint64_t page : {0, 1})
      CHECK_FALSE(bench.is_stale(pasid, page));
}

TEST_CASE("VTD-100 A PASID entry is used until its own granularity is invalidated", "[vtd][invalidation]") {
  struct Case {
    std::uint64_t granularity;
    std::uint32_t pasid;
    bool other_domain, drops_first, drops_second;
  };
  const Case c =
      GENERATE(Case{of_all, 0, true, true, true}, Case{of_domain, 0, false, true, true},
               Case{of_domain, 0, true, false, false}, Case{of_pasid, first_pasid, false, true, false},
               Case{of_pasid, second_pasid, false, false, true}, Case{of_pasid, first_pasid, true, false, false});
  StaleBench bench;
  for (const std::uint32_t pasid : {first_pasid, second_pasid})
    bench.tables.store(bench.scalable.pasid_entry(device, pasid), Word<64>{});
  const auto domain = static_cast<std::uint16_t>(bench.domain.id + (c.other_domain ? 1 : 0));
  bench.queue.submit(pasid_cache(c.granularity, domain, c.pasid));
  CHECK(bench.registers.fault_status() == 0);
  const auto is_gone = [&](std::uint32_t pasid) {
    const auto result = bench.translate(read_with(pasid, iova));
    return result.outcome == iommu::Outcome::fault && result.fault_reason == 0x59;
  };
  CHECK(is_gone(first_pasid) == c.drops_first);
  CHECK(is_gone(second_pasid) == c.drops_second);
}

TEST_CASE("VTD-077 A reserved bit of a PASID descriptor is queue error 4", "[vtd][invalidation]") {
  StaleBench bench;
  const WideDescriptor bad = GENERATE(
      with_bit(pasid_iotlb(whole_pasid, 1, first_pasid), 6), with_bit(pasid_iotlb(whole_pasid, 1, first_pasid), 63),
      with_bit(pasid_iotlb(whole_pasid, 1, first_pasid), 71), with_bit(pasid_iotlb(whole_pasid, 1, first_pasid), 128),
      pasid_iotlb(0, 1, first_pasid), pasid_iotlb(1, 1, first_pasid), with_bit(pasid_cache(of_all), 6),
      with_bit(pasid_cache(of_all), 52), with_bit(pasid_cache(of_all), 64), with_bit(pasid_cache(of_all), 255),
      pasid_cache(reserved));
  bench.queue.submit(bad);
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 4);
  CHECK(bench.is_stale(first_pasid));
}
