// SPDX-License-Identifier: Apache-2.0
// Table modes of RTADDR, and the change from one to another (VT-d sheet, 1.6, 4.3).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/mapped_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

TEST_CASE("VTD-103 Abort-DMA mode blocks every request and records nothing", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.abort_dma_mode = true;
  MappedBench bench{config};
  bench.registers.set_root(bench.scalable.root(), 3);
  auto translated_read = read_of(page), translated_write = write_of(page);
  translated_read.address_type = translated_write.address_type = AddressType::translated;
  for (const auto& request : {read_of(page), write_of(page), with_pasid(1, read_of(page)), asking(read_of(page)),
                              translated_read, translated_write, atomic_on(page)}) {
    const auto result = bench.translate(request);
    CHECK(result.outcome == iommu::Outcome::fault);
    CHECK(bench.no_fault_recorded());
  }
}

TEST_CASE("VTD-103 A table mode that the unit lacks is fault 0x30", "[vtd][scalable]") {
  MappedBench bench;
  bench.registers.set_root(bench.scalable.root(), 2);
  expect_fault(bench, read_of(page), 0x30);
  bench.registers.set_root(bench.scalable.root(), 3);
  expect_fault(bench, read_of(page), 0x30);
  VtdBench legacy;
  legacy.registers.set_root(legacy.tables.root(), 1);
  legacy.registers.command(global::te);
  expect_fault(legacy, read_of(page), 0x30);
}

TEST_CASE("VTD-090 A context that was cached in one table mode is not used in the other", "[vtd][scalable]") {
  // ESRTPS=0: SRTP invalidates nothing.
  ScalableBench bench;
  const Domain scalable_domain = bench.tables.new_domain(4);
  bench.tables.map(scalable_domain, Iova{page}, target);
  bench.use(ScalableTables::second_stage(scalable_domain));
  VtdTables legacy{bench.memory, PhysAddr{0x80'0000}};
  Domain legacy_domain = legacy.new_domain(4);
  legacy_domain.id = 77;
  legacy.attach(device, legacy_domain);
  legacy.map(legacy_domain, Iova{0}, target + page_1g);

  expect_translated(bench, read_of(page), target);
  bench.registers.set_root(legacy.root(), 0);
  expect_translated(bench, read_of(0x10), target + page_1g + 0x10);
  expect_fault(bench, read_of(page), 0x6);
  bench.registers.set_root(bench.scalable.root(), 1);
  expect_translated(bench, write_of(page), target);
  expect_fault(bench, read_of(0x10), 0x79);
}
