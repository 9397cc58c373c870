// SPDX-License-Identifier: Apache-2.0
// Root and context entries of scalable mode (VT-d sheet, 2.1, 2.3, 4.3).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/mapped_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr RequesterId upper_device{0, 16, 0};

}  // namespace

TEST_CASE("VTD-092 Each half of a root entry serves its own half of the bus", "[vtd][scalable]") {
  MappedBench bench;
  bench.scalable.attach(upper_device);
  bench.scalable.set_pasid(upper_device, 0, ScalableTables::second_stage(bench.domain));
  expect_translated(bench, read_of(page), target);
  expect_translated(bench, read_of(page, upper_device), target);
  bench.tables.set<ScalableRootEntry, ScalableRootEntry::LP>(bench.scalable.root_entry(0), 0);
  expect_fault(bench, read_of(page), 0x39);
  expect_translated(bench, read_of(page, upper_device), target);
  bench.tables.set<ScalableRootEntry, ScalableRootEntry::LP>(bench.scalable.root_entry(0), 1);
  bench.tables.set<ScalableRootEntry, ScalableRootEntry::UP>(bench.scalable.root_entry(0), 0);
  expect_translated(bench, read_of(page), target);
  expect_fault(bench, read_of(page, upper_device), 0x39);
}

TEST_CASE("VTD-092 Reserved bits of a root half count in that half only", "[vtd][scalable]") {
  MappedBench bench;
  bench.scalable.attach(upper_device);
  bench.scalable.set_pasid(upper_device, 0, ScalableTables::second_stage(bench.domain));
  const PhysAddr root = bench.scalable.root_entry(0);
  expect_reserved<ScalableRootEntry>(bench, root, 1, 11, 0x3A);
  expect_reserved<ScalableRootEntry>(bench, root, 48, 63, 0x3A);
  bench.tables.store(root, with_bit(bench.tables.load<ScalableRootEntry>(root), 65));
  expect_translated(bench, read_of(page), target);
  expect_fault(bench, read_of(page, upper_device), 0x3A);
  bench.bus.fail_page(root);
  expect_fault(bench, read_of(page), 0x38);
}

TEST_CASE("VTD-092 Absent, unreadable and reserved scalable context entries have a fault each", "[vtd][scalable]") {
  MappedBench bench;
  const PhysAddr context = bench.scalable.context_entry(device);
  expect_reserved<ScalableContextEntry>(bench, context, 5, 8, 0x42);
  expect_reserved<ScalableContextEntry>(bench, context, 48, 63, 0x42);
  expect_reserved<ScalableContextEntry>(bench, context, 85, 255, 0x42);
  // DTE without ECAP.DT, PRE without ECAP.PRS.
  expect_reserved<ScalableContextEntry>(bench, context, 2, 2, 0x42);
  expect_reserved<ScalableContextEntry>(bench, context, 4, 4, 0x42);
  bench.set_context_field<ScalableContextEntry::P>(0);
  expect_fault(bench, read_of(page), 0x41);
  bench.set_context_field<ScalableContextEntry::FPD>(1);
  expect_unrecorded_fault(bench, read_of(page), 0x41);
  bench.bus.fail_page(context);
  expect_fault(bench, read_of(page), 0x40);
}

TEST_CASE("VTD-092 A context entry that allows page requests without translation requests is fault 0x43",
          "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.device_tlb = config.page_requests = true;
  MappedBench bench{config};
  bench.set_context_field<ScalableContextEntry::PRE>(1);
  expect_fault(bench, read_of(page), 0x43);
  expect_fault(bench, with_pasid(0x12345, write_of(page)), 0x43);
  bench.set_context_field<ScalableContextEntry::DTE>(1);
  expect_translated(bench, read_of(page), target);
}
