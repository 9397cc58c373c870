// SPDX-License-Identifier: Apache-2.0
// Requests with PASID, what they may ask for, and their records (VT-d sheet, 1.11, 2.3, 2.5, 4.3).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/mapped_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

TEST_CASE("VTD-096 A request with PASID needs PASIDE, and its record holds the PASID", "[vtd][scalable]") {
  MappedBench bench;
  expect_translated(bench, with_pasid(0x12345, read_of(page)), target);
  bench.set_context_field<ScalableContextEntry::PASIDE>(0);
  expect_fault(bench, with_pasid(0x12345, read_of(page)), 0x45);
  expect_fault(bench, with_pasid(0xFFFFF, write_of(page)), 0x45);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-096 A request with PASID in legacy mode is fault 0x31", "[vtd][scalable]") {
  MappedBench bench;
  bench.registers.set_root(bench.tables.root());
  expect_fault(bench, with_pasid(0x12345, read_of(page)), 0x31);
}

TEST_CASE("VTD-096 Execute and privilege of a request with PASID need ERE and SRE and are recorded",
          "[vtd][scalable]") {
  MappedBench bench;
  const auto read = with_pasid(0x12345, read_of(page));
  expect_fault(bench, executing(read), 0x5C);
  expect_fault(bench, privileged(read), 0x5D);
  expect_fault(bench, executing(privileged(read)), 0x5C);
  bench.set_pasid_field<PasidEntry::ERE>(1, 0x12345);
  bench.set_pasid_field<PasidEntry::SRE>(1, 0x12345);
  expect_translated(bench, executing(privileged(read)), target);
  // A request without PASID cannot ask.
  expect_translated(bench, executing(privileged(read_of(page))), target);
}

TEST_CASE("VTD-096 A PASID wider than PSS is refused without a record", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.pasid_bits = 16;
  MappedBench bench{config};
  const auto result = bench.translate(with_pasid(0x1'0000, read_of(page)));
  CHECK(result.status == CompletionStatus::unsupported_request);
  CHECK(bench.no_fault_recorded());
}
