// SPDX-License-Identifier: Apache-2.0
// What becomes of entries that were not present, without and with caching mode (VT-d sheet, 5.3 and section
// 6). Oracle: without CM a fault is never cached; with CM the invalidations that 6.1 asks for make the new entry
// count.
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1234'0000;
constexpr PhysAddr target{0x2'0000'0000};

vtd::UnitConfig caching() {
  vtd::UnitConfig config;
  config.caching_mode = true;
  return config;
}

}  // namespace

TEST_CASE("VTD-088 Without CM every entry on the way may become present without invalidation", "[vtd][invalidation]") {
  VtdBench bench;
  bench.enable_translation();
  expect_fault(bench, read_of(page), 0x1);
  const Domain domain = bench.tables.new_domain(4);
  bench.tables.attach(other_device, domain);
  expect_fault(bench, read_of(page), 0x2);
  bench.tables.attach(device, domain);
  expect_fault(bench, read_of(page), 0x6);
  bench.tables.map(domain, Iova{page + page_4k}, target);
  expect_fault(bench, read_of(page), 0x6);
  bench.tables.map(domain, Iova{page}, target);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-088 Without CM a fault never becomes a cached translation", "[vtd][invalidation]") {
  VtdBench bench;
  const Domain domain = bench.start();
  const PhysAddr leaf = bench.tables.map(domain, Iova{page}, target, Rights{true, false});
  expect_fault(bench, write_of(page), 0x5);
  bench.tables.set<SecondStageEntry, SecondStageEntry::W>(leaf, 1);
  expect_translated(bench, write_of(page), target);
}

TEST_CASE("VTD-088 Without CM an entry with reserved bits may be repaired without invalidation",
          "[vtd][invalidation]") {
  VtdBench bench;
  const Domain domain = bench.start();
  const PhysAddr leaf = bench.tables.map(domain, Iova{page}, target);
  const auto valid = bench.tables.load<SecondStageEntry>(leaf);
  bench.tables.store(leaf, with_bit(valid, 11));
  expect_fault(bench, read_of(page), 0xC);
  bench.tables.store(leaf, valid);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-089 With CM a new mapping works after its page is invalidated", "[vtd][invalidation]") {
  VtdBench bench{caching()};
  REQUIRE((bench.registers.read64(offset::cap) & 0x80) != 0);
  bench.queue.enable();
  const Domain domain = bench.start();
  expect_fault(bench, read_of(page), 0x6);
  bench.tables.map(domain, Iova{page}, target);
  bench.queue.submit(invalidate_pages(domain.id, Iova{page}, 0));
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-089 With CM a new context entry works after invalidation with domain 0", "[vtd][invalidation]") {
  VtdBench bench{caching()};
  bench.queue.enable();
  bench.enable_translation();
  const Domain domain = bench.tables.new_domain(4);
  bench.tables.map(domain, Iova{page}, target);
  bench.tables.attach(other_device, domain);
  expect_fault(bench, read_of(page), 0x2);
  bench.tables.attach(device, domain);
  auto context = invalidate_context(Granularity::selective);
  context.set<ContextCacheDescriptor::SID>(device.raw());
  bench.queue.submit(context);
  bench.queue.submit(invalidate_iotlb(Granularity::domain, 0));
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-089 With CM in scalable mode a new mapping works after its invalidation", "[vtd][invalidation]") {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.caching_mode = true;
  ScalableBench bench{config};
  bench.queue.enable_wide();
  const Domain domain = bench.tables.new_domain(4);
  bench.tables.map(domain, Iova{page + page_4k}, target);
  bench.use(ScalableTables::second_stage(domain));
  expect_fault(bench, read_of(page), 0x79);
  bench.tables.map(domain, Iova{page}, target);
  bench.queue.submit(invalidate_pages(domain.id, Iova{page}, 0));
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-089 With CM new entries of scalable mode work after invalidation with domain 0", "[vtd][invalidation]") {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.caching_mode = true;
  ScalableBench bench{config};
  bench.queue.enable_wide();
  const Domain domain = bench.tables.new_domain(4);
  bench.tables.map(domain, Iova{page}, target);

  // The context of another device.
  bench.scalable.set_pasid(device, 0, ScalableTables::second_stage(domain));
  expect_fault(bench, read_of(page, other_device), 0x41);
  bench.scalable.attach(other_device);
  auto context = invalidate_context(Granularity::selective);
  context.set<ContextCacheDescriptor::SID>(other_device.raw());
  bench.queue.submit(context);

  // Its PASID entries: pc_inv_dsc of domain 0.
  const auto of_domain_0 = WideDescriptor{{7, 0, 0, 0}};
  expect_fault(bench, read_of(page, other_device), 0x51);
  bench.scalable.set_pasid(other_device, 0, ScalableTables::second_stage(domain));
  bench.queue.submit(of_domain_0);
  bench.queue.submit(invalidate_iotlb(Granularity::domain, 0));
  expect_translated(bench, read_of(page, other_device), target);
  CHECK(bench.registers.fault_status() == 0);
}
