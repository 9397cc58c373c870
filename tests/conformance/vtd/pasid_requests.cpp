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

TEST_CASE("VTD-096 A PASID wider than PSS is fault 0x89, and beyond the directory still 0x46", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.pasid_bits = 16;
  MappedBench bench{config};
  expect_fault(bench, with_pasid(0x1'0000, read_of(page)), 0x89);
  bench.set_context_field<ScalableContextEntry::PDTS>(3);
  expect_fault(bench, with_pasid(0x1'0000, read_of(page)), 0x46);
  bench.set_context_field<ScalableContextEntry::FPD>(1);
  expect_unrecorded_fault(bench, with_pasid(0x1'0000, read_of(page)), 0x46);
  bench.set_context_field<ScalableContextEntry::PDTS>(7);
  expect_unrecorded_fault(bench, with_pasid(0x1'0000, read_of(page)), 0x89);
}

TEST_CASE("VTD-096 A unit without PASIDs refuses requests with one, and records nothing", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.pasid_bits = 0;
  MappedBench bench{config};
  bench.set_context_field<ScalableContextEntry::PASIDE>(0);
  const auto result = bench.translate(with_pasid(1, read_of(page)));
  CHECK(result.status == CompletionStatus::unsupported_request);
  CHECK(bench.no_fault_recorded());
  expect_translated(bench, read_of(page), target);
  // In legacy mode they have a fault, and its record has no place for the PASID.
  bench.registers.set_root(bench.tables.root());
  CHECK(bench.translate(with_pasid(1, privileged(read_of(page)))).fault_reason == 0x31);
  const FaultRecord record = bench.registers.fault_record();
  CHECK(record.get<FaultRecord::FR>() == 0x31);
  CHECK((record.get<FaultRecord::PP>() | record.get<FaultRecord::PV>() | record.get<FaultRecord::PRIV>()) == 0);
}

TEST_CASE("VTD-096 A PASID that is also RID_PASID is fault 0x48", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.device_tlb = true;
  MappedBench bench{config};
  bench.set_context_field<ScalableContextEntry::DTE>(1);
  expect_fault(bench, with_pasid(0, read_of(page)), 0x48);
  expect_fault(bench, with_pasid(0, asking(read_of(page))), 0x48);
  bench.scalable.set_pasid(device, 0x777, ScalableTables::second_stage(bench.domain));
  expect_translated(bench, with_pasid(0x777, read_of(page)), target);
  bench.set_context_field<ScalableContextEntry::RID_PASID>(0x777);
  expect_fault(bench, with_pasid(0x777, write_of(page)), 0x48);
  expect_translated(bench, read_of(page), target);
  expect_translated(bench, with_pasid(0, read_of(page)), target);
}

TEST_CASE("VTD-096 A translated request with PASID is unsupported, and not recorded", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.device_tlb = true;
  MappedBench bench{config};
  bench.set_context_field<ScalableContextEntry::DTE>(1);
  if (GENERATE(true, false)) bench.registers.set_root(bench.tables.root());
  auto request = with_pasid(0x12345, read_of(page));
  request.address_type = AddressType::translated;
  const auto result = bench.translate(request);
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.status == CompletionStatus::unsupported_request);
  CHECK(bench.no_fault_recorded());
}
