// SPDX-License-Identifier: Apache-2.0
// PASID directories and tables, and which PASID a request uses (VT-d sheet, 2.3 to 2.5, 4.3).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/mapped_bench.h"

#include <catch2/catch.hpp>

#include <utility>

using namespace iommusim;
using namespace iommusim::tests;

TEST_CASE("VTD-093 Requests without PASID use RID_PASID", "[vtd][scalable]") {
  MappedBench bench;
  const Domain other = bench.tables.new_domain(4);
  bench.tables.map(other, Iova{page}, PhysAddr{0x7000'0000});
  bench.scalable.set_pasid(device, 0x777, ScalableTables::second_stage(other));
  expect_translated(bench, read_of(page), target);
  bench.set_context_field<ScalableContextEntry::RID_PASID>(0x777);
  expect_translated(bench, read_of(page), PhysAddr{0x7000'0000});
  bench.set_context_field<ScalableContextEntry::RID_PASID>(0x888);
  expect_fault(bench, read_of(page), 0x51);
}

TEST_CASE("VTD-093 Without RPS requests without PASID use PASID 0", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.rid_pasid = false;
  MappedBench bench{config};
  expect_translated(bench, read_of(page), target);
  // The field is reserved then.
  bench.set_context_field<ScalableContextEntry::RID_PASID>(0x777);
  expect_fault(bench, read_of(page), 0x42);
}

TEST_CASE("VTD-093 A RID_PASID beyond the directory is fault 0x43 for every request of the device", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.device_tlb = true;
  MappedBench bench{config};
  bench.scalable.set_pasid(device, 1, ScalableTables::second_stage(bench.domain));
  bench.set_context_field<ScalableContextEntry::PDTS>(0);
  bench.set_context_field<ScalableContextEntry::RID_PASID>((1U << 13) - 1);
  expect_translated(bench, with_pasid(1, read_of(page)), target);
  bench.set_context_field<ScalableContextEntry::RID_PASID>(1U << 13);
  expect_fault(bench, read_of(page), 0x43);
  expect_fault(bench, with_pasid(1, read_of(page)), 0x43);
  expect_fault(bench, asking(read_of(page)), 0x43);
  CHECK(bench.translate(asking(read_of(page))).status == CompletionStatus::completer_abort);
  bench.registers.clear_fault_record();
  bench.set_context_field<ScalableContextEntry::FPD>(1);
  expect_unrecorded_fault(bench, read_of(page), 0x43);
}

TEST_CASE("VTD-093 A RID_PASID beyond PSS is used as it is", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.pasid_bits = 8;
  MappedBench bench{config};
  bench.scalable.set_pasid(device, 0x777, ScalableTables::second_stage(bench.domain));
  bench.set_context_field<ScalableContextEntry::RID_PASID>(0x777);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-093 RID_PRIV needs SRE, and without RPRIVS is reserved", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.rid_priv = GENERATE(true, false);
  MappedBench bench{config};
  const FirstStage first = bench.scalable.new_first_stage();
  // A page of supervisors.
  bench.change(bench.scalable.map(first, Iova{page}, target.value()), 0, 1 << 2);
  bench.use(ScalableTables::first_stage(first, 5));
  expect_fault(bench, read_of(page), 0x81);
  bench.set_context_field<ScalableContextEntry::RID_PRIV>(1);
  expect_fault(bench, read_of(page), config.rid_priv ? 0x5D : 0x42);
  bench.set_pasid_field<PasidEntry::SRE>(1);
  if (config.rid_priv) expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-094 PASIDs find their directory entry by bits 19:6 and their table entry by bits 5:0",
          "[vtd][scalable]") {
  MappedBench bench;
  for (const std::uint32_t pasid : {0x1U, 0x3FU, 0x40U, 0x1'2345U, 0xF'FFFFU}) {
    INFO("PASID " << pasid);
    const Domain domain = bench.tables.new_domain(3);
    const PhysAddr place{0x1'0000'0000 + pasid * page_4k};
    bench.tables.map(domain, Iova{page}, place);
    bench.scalable.set_pasid(device, pasid, ScalableTables::second_stage(domain));
    expect_translated(bench, with_pasid(pasid, read_of(page)), place);
  }
}

TEST_CASE("VTD-094 A PASID beyond the directory is fault 0x46", "[vtd][scalable]") {
  MappedBench bench;
  const std::uint64_t size = GENERATE(0, 1, 6);
  bench.set_context_field<ScalableContextEntry::PDTS>(size);
  const std::uint32_t limit = 1U << (size + 13);
  expect_fault(bench, with_pasid(limit, read_of(page)), 0x46);
  expect_fault(bench, with_pasid(limit - 1, read_of(page)), 0x51);
}

TEST_CASE("VTD-094 Directory and table entries that are absent, unreadable or reserved have a fault each",
          "[vtd][scalable]") {
  MappedBench bench;
  const PhysAddr directory = bench.scalable.directory_entry(device, 0);
  const PhysAddr entry = bench.scalable.pasid_entry(device, 0);
  expect_reserved<PasidDirectoryEntry>(bench, directory, 2, 11, 0x52);
  expect_reserved<PasidDirectoryEntry>(bench, directory, 48, 63, 0x52);
  for (const auto& [first, last] :
       {std::pair{10U, 11U}, {48U, 63U}, {80U, 86U}, {89U, 127U}, {136U, 139U}, {192U, 511U}})
    expect_reserved<PasidEntry>(bench, entry, first, last, 0x5A);

  bench.set_pasid_field<PasidEntry::P>(0);
  expect_fault(bench, read_of(page), 0x59);
  bench.set_pasid_field<PasidEntry::FPD>(1);
  expect_unrecorded_fault(bench, read_of(page), 0x59);
  bench.bus.fail_page(entry);
  expect_fault(bench, read_of(page), 0x58);
  bench.bus.repair();
  bench.tables.set<PasidDirectoryEntry, PasidDirectoryEntry::P>(directory, 0);
  expect_fault(bench, read_of(page), 0x51);
  bench.tables.set<PasidDirectoryEntry, PasidDirectoryEntry::FPD>(directory, 1);
  expect_unrecorded_fault(bench, read_of(page), 0x51);
  bench.bus.fail_page(directory);
  expect_fault(bench, read_of(page), 0x50);
}

TEST_CASE("VTD-094 FPD of the context and of the directory entry keep later faults out of the log", "[vtd][scalable]") {
  MappedBench bench;
  bench.set_pasid_field<PasidEntry::P>(0);
  SECTION("context entry") {
    bench.set_context_field<ScalableContextEntry::FPD>(1);
  }
  SECTION("directory entry") {
    bench.tables.set<PasidDirectoryEntry, PasidDirectoryEntry::FPD>(bench.scalable.directory_entry(device, 0), 1);
  }
  expect_unrecorded_fault(bench, read_of(page), 0x59);
}

TEST_CASE("VTD-094 Fields of features that the unit lacks are reserved in PASID table entries", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.second_stage_access_dirty = config.execute_requests = config.supervisor_requests = false;
  config.snooped_walks = config.snoop_control = config.extended_accessed = false;
  MappedBench bench{config};
  bench.set_pasid_field<PasidEntry::PWSNP>(0);
  expect_translated(bench, read_of(page), target);
  const PhysAddr entry = bench.scalable.pasid_entry(device, 0);
  for (const unsigned bit : {5U, 9U, 87U, 88U, 128U, 129U, 135U})
    expect_reserved<PasidEntry>(bench, entry, bit, bit, 0x5A);
  // NXE is legal always, WPE with first-stage tables.
  bench.set_pasid_field<PasidEntry::NXE>(1);
  bench.set_pasid_field<PasidEntry::WPE>(1);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-094 Fields of a stage that the unit lacks are reserved in PASID table entries", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.nested = config.first_stage = config.first_stage_1g = config.extended_accessed = false;
  MappedBench without_first{config};
  for (const unsigned bit : {130U, 131U, 132U, 140U, 180U})
    expect_reserved<PasidEntry>(without_first, without_first.scalable.pasid_entry(device, 0), bit, bit, 0x5A);

  config = cacheless();
  config.nested = config.second_stage = config.second_stage_access_dirty = false;
  ScalableBench without_second{config};
  const FirstStage first = without_second.scalable.new_first_stage();
  without_second.scalable.map(first, Iova{page}, target.value());
  without_second.use(ScalableTables::first_stage(first, 5));
  expect_translated(without_second, read_of(page), target);
  for (const unsigned bit : {9U, 12U, 40U})
    expect_reserved<PasidEntry>(without_second, without_second.scalable.pasid_entry(device, 0), bit, bit, 0x5A);
}

TEST_CASE("VTD-094 Pointer bits beyond the host's addresses are reserved whatever PGTT is", "[vtd][scalable]") {
  MappedBench bench;
  const FirstStage first = bench.scalable.new_first_stage();
  bench.scalable.map(first, Iova{page}, target.value());
  bench.use(GENERATE_REF(ScalableTables::second_stage(bench.domain), ScalableTables::first_stage(first, 5),
                         ScalableTables::pass_through(3)));
  const PhysAddr entry = bench.scalable.pasid_entry(device, 0);
  expect_reserved<PasidEntry>(bench, entry, 48, 63, 0x5A);
  expect_reserved<PasidEntry>(bench, entry, 176, 191, 0x5A);
}
