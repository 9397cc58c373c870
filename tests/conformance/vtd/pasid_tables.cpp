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
  bench.set_context_field<ScalableContextEntry::RID_PASID>(0x777);
  expect_translated(bench, read_of(page), target);
}

TEST_CASE("VTD-093 A RID_PASID beyond the directory is fault 0x48", "[vtd][scalable]") {
  MappedBench bench;
  bench.set_context_field<ScalableContextEntry::PDTS>(0);
  bench.set_context_field<ScalableContextEntry::RID_PASID>(1U << 13);
  expect_fault(bench, read_of(page), 0x48);
}

TEST_CASE("VTD-093 A RID_PASID beyond the directory concerns only who uses it, after the type of the request",
          "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.device_tlb = true;
  MappedBench bench{config};
  bench.scalable.set_pasid(device, 1, ScalableTables::second_stage(bench.domain));
  bench.set_context_field<ScalableContextEntry::PDTS>(0);
  bench.set_context_field<ScalableContextEntry::RID_PASID>(1U << 13);
  expect_translated(bench, with_pasid(1, read_of(page)), target);
  expect_fault(bench, with_pasid(0x12345, read_of(page)), 0x46);
  expect_fault(bench, asking(read_of(page)), 0x44);
  bench.set_context_field<ScalableContextEntry::PASIDE>(0);
  expect_fault(bench, with_pasid(1, read_of(page)), 0x45);
  bench.set_context_field<ScalableContextEntry::DTE>(1);
  expect_fault(bench, asking(read_of(page)), 0x48);
}

TEST_CASE("VTD-093 Without RPRIVS the privilege of requests without PASID is ignored", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.rid_priv = GENERATE(true, false);
  MappedBench bench{config};
  const FirstStage first = bench.scalable.new_first_stage();
  // A page of supervisors.
  bench.change(bench.scalable.map(first, Iova{page}, target.value()), 0, 1 << 2);
  bench.use(ScalableTables::first_stage(first, 5));
  bench.set_context_field<ScalableContextEntry::RID_PRIV>(1);
  if (config.rid_priv)
    expect_translated(bench, read_of(page), target);
  else
    expect_fault(bench, read_of(page), 0x81);
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
  // NXE and WPE are legal always.
  bench.set_pasid_field<PasidEntry::NXE>(1);
  bench.set_pasid_field<PasidEntry::WPE>(1);
  expect_translated(bench, read_of(page), target);
}
