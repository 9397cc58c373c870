// SPDX-License-Identifier: Apache-2.0
// Scalable-mode root, context and PASID structures, and what their fields let through (VT-d sheet, 2.1, 2.3 to 2.5,
// 3.1, 4.3).
// Oracle: the specification's entry layouts and fault reasons.
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1234'5000;
constexpr PhysAddr target{0x5'6789'A000};
constexpr RequesterId upper_device{0, 16, 0};

/// Second-stage tables map one page for PASID 0 and PASID 0x12345 of `device`. Nothing is cached.
struct MappedBench : ScalableBench {
  explicit MappedBench(const vtd::UnitConfig& config = cacheless()) : ScalableBench{config} {
    tables.map(domain, Iova{page}, target);
    use(ScalableTables::second_stage(domain));
    scalable.set_pasid(device, 0x12345, ScalableTables::second_stage(domain));
  }
  Domain domain = tables.new_domain(4);
};

template <class Entry>
void expect_reserved(MappedBench& bench, PhysAddr where, unsigned first, unsigned last, std::uint16_t reason) {
  const auto valid = bench.tables.load<Entry>(where);
  for (unsigned bit = first; bit <= last; ++bit) {
    INFO("bit " << bit);
    bench.tables.store(where, with_bit(valid, bit));
    expect_fault(bench, read_of(page), reason);
  }
  bench.tables.store(where, valid);
}

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
  // DTE without ECAP.DT.
  expect_reserved<ScalableContextEntry>(bench, context, 2, 2, 0x42);
  bench.set_context_field<ScalableContextEntry::P>(0);
  expect_fault(bench, read_of(page), 0x41);
  bench.set_context_field<ScalableContextEntry::FPD>(1);
  expect_unrecorded_fault(bench, read_of(page), 0x41);
  bench.bus.fail_page(context);
  expect_fault(bench, read_of(page), 0x40);
}

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

TEST_CASE("VTD-095 PGTT chooses second stage, first stage, nested or pass-through", "[vtd][scalable]") {
  MappedBench bench;
  constexpr std::uint64_t guest = 0x10'0000'0000;
  const FirstStage first = bench.scalable.new_first_stage();
  bench.scalable.map(first, Iova{page}, 0x2'0000'0000);
  const FirstStage nested = bench.scalable.new_nested(bench.domain, guest);
  bench.scalable.map(nested, Iova{page}, guest + 0x5000);
  bench.tables.map(bench.domain, Iova{guest + 0x5000}, PhysAddr{0x3'0000'0000});

  expect_translated(bench, read_of(page + 8), target + 8);
  bench.use(ScalableTables::first_stage(first, 5));
  expect_translated(bench, read_of(page + 8), PhysAddr{0x2'0000'0008});
  bench.use(ScalableTables::first_stage(nested, 0));
  expect_translated(bench, read_of(page + 8), PhysAddr{0x3'0000'0008});
  bench.use(ScalableTables::pass_through(6));
  expect_translated(bench, read_of(page + 8), PhysAddr{page + 8});
  expect_translated(bench, write_of(page + 8), PhysAddr{page + 8});
}

TEST_CASE("VTD-095 Other translation types and widths that the unit lacks are fault 0x5B", "[vtd][scalable]") {
  MappedBench bench;
  for (const std::uint64_t type : {0U, 5U, 6U, 7U}) {
    bench.set_pasid_field<PasidEntry::PGTT>(type);
    expect_fault(bench, read_of(page), 0x5B);
  }
  bench.set_pasid_field<PasidEntry::PGTT>(pgtt::second_stage);
  for (const std::uint64_t width : {0U, 3U, 4U, 7U}) {
    bench.set_pasid_field<PasidEntry::AW>(width);
    expect_fault(bench, read_of(page), 0x5B);
  }
  bench.use(ScalableTables::first_stage(bench.scalable.new_first_stage(), 1));
  for (const std::uint64_t mode : {1U, 2U, 3U}) {
    bench.set_pasid_field<PasidEntry::FLPM>(mode);
    expect_fault(bench, read_of(page), 0x5B);
  }
}

TEST_CASE("VTD-095 Translation types of features that the unit lacks are fault 0x5B", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.nested = config.first_stage = config.first_stage_1g = config.extended_accessed = false;
  config.pass_through = false;
  MappedBench bench{config};
  expect_translated(bench, read_of(page), target);
  for (const std::uint64_t type : {pgtt::first_stage, pgtt::nested, pgtt::pass_through}) {
    bench.set_pasid_field<PasidEntry::PGTT>(type);
    expect_fault(bench, read_of(page), 0x5B);
  }
}

TEST_CASE("VTD-095 Pass-through with another width than the largest is fault 0x5B", "[vtd][scalable]") {
  vtd::UnitConfig config = cacheless();
  config.table_levels = {3, 4};
  MappedBench bench{config};
  for (const unsigned levels : {2U, 3U, 5U}) {
    bench.use(ScalableTables::pass_through(6, levels));
    expect_fault(bench, read_of(page), 0x5B);
  }
  bench.use(ScalableTables::pass_through(6, 4));
  expect_translated(bench, read_of(page), PhysAddr{page});
}

TEST_CASE("VTD-095 Pass-through ends at the host address width", "[vtd][scalable]") {
  MappedBench bench;
  bench.use(ScalableTables::pass_through(6));
  expect_translated(bench, read_of(0xFFFF'FFFF'FFF8), PhysAddr{0xFFFF'FFFF'FFF8});
  expect_fault(bench, read_of(std::uint64_t{1} << 48), 0x83);
}

TEST_CASE("VTD-095 The second stage refuses what is absent, not permitted, reserved, unreadable or too wide",
          "[vtd][scalable]") {
  MappedBench bench;
  expect_fault(bench, read_of(page + page_4k), 0x79);
  expect_fault(bench, write_of(page + page_4k), 0x79);
  expect_fault(bench, read_of(std::uint64_t{1} << 48), 0x84);
  const PhysAddr leaf = bench.tables.second_stage_entry(bench.domain, Iova{page}, 1);
  bench.change(leaf, 0, 1 << 1);
  expect_fault(bench, write_of(page), 0x85);
  bench.change(leaf, 1 << 1, 1 << 0);
  expect_fault(bench, read_of(page), 0x86);
  bench.change(leaf, 1 | std::uint64_t{1} << 50);
  expect_fault(bench, read_of(page), 0x7A);
  bench.bus.fail_page(leaf);
  expect_fault(bench, read_of(page), 0x78);
  bench.bus.fail_page(bench.domain.top);
  expect_fault(bench, read_of(page), 0x7B);
}

TEST_CASE("VTD-095 Second-stage accessed and dirty bits are set where SLADE says so", "[vtd][scalable]") {
  MappedBench bench;
  const auto entry = [&](unsigned level) { return bench.tables.second_stage_entry(bench.domain, Iova{page}, level); };
  expect_translated(bench, write_of(page), target);
  for (unsigned level = 1; level <= 4; ++level)
    CHECK((bench.word(entry(level)) & (second_stage_bit::a | second_stage_bit::d)) == 0);
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  expect_translated(bench, read_of(page), target);
  for (unsigned level = 1; level <= 4; ++level)
    CHECK((bench.word(entry(level)) & (second_stage_bit::a | second_stage_bit::d)) == second_stage_bit::a);
  expect_translated(bench, write_of(page), target);
  CHECK((bench.word(entry(1)) & second_stage_bit::d) != 0);
  CHECK((bench.word(entry(2)) & second_stage_bit::d) == 0);
}

TEST_CASE("VTD-095 Without snooped walks a second-stage bit that is to be set is fault 0x7C", "[vtd][scalable]") {
  MappedBench bench;
  bench.set_pasid_field<PasidEntry::SLADE>(1);
  expect_translated(bench, write_of(page), target);
  bench.set_pasid_field<PasidEntry::PWSNP>(0);
  expect_translated(bench, write_of(page), target);
  bench.change(bench.tables.second_stage_entry(bench.domain, Iova{page}, 1), 0, second_stage_bit::d);
  expect_translated(bench, read_of(page), target);
  expect_fault(bench, write_of(page), 0x7C);
}

TEST_CASE("VTD-095 Execution needs X where SLEE says so", "[vtd][scalable]") {
  MappedBench bench;
  const auto request = with_pasid(0x12345, executing(read_of(page)));
  bench.set_pasid_field<PasidEntry::ERE>(1, 0x12345);
  expect_translated(bench, request, target);
  bench.set_pasid_field<PasidEntry::SLEE>(1, 0x12345);
  expect_fault(bench, request, 0x82);
  for (unsigned level = 1; level <= 4; ++level)
    bench.change(bench.tables.second_stage_entry(bench.domain, Iova{page}, level), 1 << 2);
  expect_translated(bench, request, target);
}

TEST_CASE("VTD-095 An output in the interrupt range is fault 0x87", "[vtd][scalable]") {
  MappedBench bench;
  bench.tables.map(bench.domain, Iova{page}, PhysAddr{0xFEE0'0000});
  expect_fault(bench, read_of(page), 0x87);
  bench.tables.map(bench.domain, Iova{0xFEE0'0000}, target);
  expect_translated(bench, with_pasid(0x12345, write_of(0xFEE0'0000)), target);
  bench.scalable.set_pasid(device, 0x12345, ScalableTables::pass_through(6));
  expect_fault(bench, with_pasid(0x12345, write_of(0xFEE0'0000)), 0x87);
}

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
  bench.translate(executing(privileged(read)));
  CHECK(bench.registers.fault_record().get<FaultRecord::EXE>() == 1);
  CHECK(bench.registers.fault_record().get<FaultRecord::PRIV>() == 1);
  bench.registers.clear_fault_record();
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
