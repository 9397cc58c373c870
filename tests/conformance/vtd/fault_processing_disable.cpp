// SPDX-License-Identifier: Apache-2.0
// Which faults FPD keeps out of the log (VT-d sheet, section 4 and 4.1, column Q).
// Oracle: the column Q of the specification's table of fault reasons.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x41'2345'6000;

/// A mapped page whose context entry has FPD=1.
struct QuietBench : VtdBench {
  QuietBench() : domain{start()} {
    tables.map(domain, Iova{page}, PhysAddr{0x5'6789'A000});
    context = tables.context_entry(device);
    tables.set<ContextEntry, ContextEntry::FPD>(context, 1);
  }
  PhysAddr entry(unsigned level) const { return tables.second_stage_entry(domain, Iova{page}, level); }
  template <class Entry>
  void set_bit(PhysAddr where, unsigned bit) {
    tables.store(where, with_bit(tables.load<Entry>(where), bit));
  }
  Domain domain;
  PhysAddr context;
};

}  // namespace

TEST_CASE("VTD-043 FPD keeps an absent context entry out of the log", "[vtd][faults]") {
  QuietBench bench;
  bench.tables.set<ContextEntry, ContextEntry::P>(bench.context, 0);
  expect_unrecorded_fault(bench, read_of(page), 0x2);
  expect_unrecorded_fault(bench, write_of(page), 0x2);
}

TEST_CASE("VTD-043 FPD keeps a context entry that is programmed wrong out of the log", "[vtd][faults]") {
  QuietBench bench;
  bench.tables.set<ContextEntry, ContextEntry::TT>(bench.context, TranslationType::reserved);
  expect_unrecorded_fault(bench, read_of(page), 0x3);
  bench.set_bit<ContextEntry>(bench.context, 4);
  expect_unrecorded_fault(bench, read_of(page), 0xB);
}

TEST_CASE("VTD-043 FPD keeps addresses beyond the width and missing rights out of the log", "[vtd][faults]") {
  QuietBench bench;
  expect_unrecorded_fault(bench, read_of(std::uint64_t{1} << 48), 0x4);
  expect_unrecorded_fault(bench, write_of(page + page_1g), 0x5);
  expect_unrecorded_fault(bench, read_of(page + page_1g), 0x6);
}

TEST_CASE("VTD-043 FPD keeps access errors of the walk out of the log", "[vtd][faults]") {
  QuietBench bench;
  bench.bus.fail_page(bench.entry(1));
  expect_unrecorded_fault(bench, read_of(page), 0x7);
  bench.bus.repair();
  bench.bus.fail_page(bench.entry(4));
  bench.registers.invalidate_everything();
  expect_unrecorded_fault(bench, read_of(page), 0x3);
}

TEST_CASE("VTD-043 FPD keeps reserved bits of the walk out of the log", "[vtd][faults]") {
  QuietBench bench;
  bench.set_bit<SecondStageEntry>(bench.entry(1), 11);
  expect_unrecorded_fault(bench, read_of(page), 0xC);
}

TEST_CASE("VTD-043 FPD keeps refused translated requests out of the log", "[vtd][faults]") {
  QuietBench bench;
  auto request = read_of(page);
  request.address_type = AddressType::translated;
  expect_unrecorded_fault(bench, request, 0xD);
}

TEST_CASE("VTD-043 FPD keeps outputs in the interrupt range out of the log", "[vtd][faults]") {
  QuietBench bench;
  bench.tables.map(bench.domain, Iova{page}, PhysAddr{0xFEE0'0000});
  expect_unrecorded_fault(bench, write_of(page), 0xE);
}

TEST_CASE("VTD-043 FPD suppresses the record and nothing else", "[vtd][faults]") {
  QuietBench bench;
  bench.registers.program_event(offset::fectl, 0xFEE0'1000, 0x41);
  expect_unrecorded_fault(bench, read_of(page + page_1g), 0x6);
  CHECK(bench.messages.empty());
  expect_translated(bench, read_of(page), PhysAddr{0x5'6789'A000});
}

TEST_CASE("VTD-044 FPD does not suppress faults of the root entry", "[vtd][faults]") {
  QuietBench bench;
  const PhysAddr root_entry = bench.tables.root_entry(device.bus());
  const auto valid = bench.tables.load<RootEntry>(root_entry);
  bench.tables.set<RootEntry, RootEntry::P>(root_entry, 0);
  expect_fault(bench, read_of(page), 0x1);
  bench.tables.store(root_entry, with_bit(valid, 1));
  expect_fault(bench, read_of(page), 0xA);
  bench.bus.fail_page(root_entry);
  expect_fault(bench, read_of(page), 0x8);
}

TEST_CASE("VTD-044 FPD does not suppress an access error at the context entry", "[vtd][faults]") {
  QuietBench bench;
  bench.bus.fail_page(bench.context);
  expect_fault(bench, read_of(page), 0x9);
}
