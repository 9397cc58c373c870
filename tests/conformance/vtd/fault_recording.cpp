// SPDX-License-Identifier: Apache-2.0
// The fault recording registers (VT-d sheet, 1.9, 1.11, 4.4, 4.5).
// Oracle: the specification's procedure for primary fault logging, followed by hand.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

vtd::UnitConfig with_records(unsigned count, bool compression = true) {
  vtd::UnitConfig config;
  config.fault_records = count;
  config.fault_compression = compression;
  return config;
}

/// Every request faults with 0x1: there is no root entry.
struct FaultingBench : VtdBench {
  explicit FaultingBench(const vtd::UnitConfig& config) : VtdBench{config} {
    enable_translation();
    registers.program_event(offset::fectl, 0xFEE0'1000, 0x41);
  }
  /// A fault by function `number`, a source ID of its own.
  void fault_by(unsigned number) { translate(write_of(0x1000, source(number))); }
  static RequesterId source(unsigned number) { return RequesterId{static_cast<std::uint16_t>(0x100 + number)}; }
  bool holds(unsigned index, unsigned number) const {
    const auto record = registers.fault_record(index);
    return record.get<FaultRecord::F>() == 1 && record.get<FaultRecord::SID>() == source(number).raw();
  }
};

}  // namespace

TEST_CASE("VTD-045 The first fault sets F and PPF and sends one fault event", "[vtd][faults]") {
  FaultingBench bench{with_records(1)};
  bench.fault_by(0);
  CHECK(bench.holds(0, 0));
  CHECK(bench.registers.fault_status() == fault_status::ppf);
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{0xFEE0'1000}, 0x41});
  CHECK(bench.registers.read32(offset::fectl) == 0);
}

TEST_CASE("VTD-046 A fault of another source while the only record is in use sets PFO", "[vtd][faults]") {
  FaultingBench bench{with_records(1)};
  bench.fault_by(0);
  const auto record = bench.registers.fault_record();
  bench.fault_by(1);
  CHECK(bench.registers.fault_status() == (fault_status::ppf | fault_status::pfo));
  CHECK(bench.registers.fault_record() == record);
  CHECK(bench.messages.size() == 1);
}

TEST_CASE("VTD-047 Nothing is recorded while PFO is set", "[vtd][faults]") {
  FaultingBench bench{with_records(1)};
  bench.fault_by(0);
  bench.fault_by(1);
  bench.registers.clear_fault_record();
  CHECK(bench.registers.fault_status() == fault_status::pfo);
  bench.fault_by(2);
  CHECK(bench.registers.fault_record().get<FaultRecord::F>() == 0);
  CHECK(bench.messages.size() == 1);
  bench.registers.write32(offset::fsts, fault_status::pfo);
  bench.fault_by(3);
  CHECK(bench.holds(0, 3));
  CHECK(bench.registers.fault_status() == fault_status::ppf);
  CHECK(bench.messages.size() == 2);
}

TEST_CASE("VTD-048 Eight sources fill eight records with one event, and the ninth overflows", "[vtd][faults]") {
  FaultingBench bench{with_records(8)};
  for (unsigned i = 0; i < 8; ++i) {
    bench.fault_by(i);
    CHECK(bench.registers.fault_status() == fault_status::ppf);
  }
  for (unsigned i = 0; i < 8; ++i)
    CHECK(bench.holds(i, i));
  CHECK(bench.messages.size() == 1);
  bench.fault_by(8);
  CHECK(bench.registers.fault_status() == (fault_status::ppf | fault_status::pfo));
  CHECK(bench.holds(0, 0));
  CHECK(bench.messages.size() == 1);
}

TEST_CASE("VTD-049 Recording continues after the record used last", "[vtd][faults]") {
  FaultingBench bench{with_records(4)};
  bench.fault_by(0);
  bench.fault_by(1);
  bench.registers.clear_fault_record(0);
  bench.registers.clear_fault_record(1);
  bench.fault_by(2);
  CHECK(bench.holds(2, 2));
  CHECK(fault_status::fri(bench.registers.fault_status()) == 2);
  bench.fault_by(3);
  bench.fault_by(4);
  CHECK(bench.holds(3, 3));
  CHECK(bench.holds(0, 4));
  CHECK(fault_status::fri(bench.registers.fault_status()) == 2);
  CHECK(bench.messages.size() == 2);
}

TEST_CASE("VTD-049 With both kinds of remapping off, records are used from the first again", "[vtd][faults]") {
  vtd::UnitConfig config = with_records(4);
  config.interrupt_remapping = true;
  FaultingBench bench{config};
  bench.fault_by(0);
  bench.registers.clear_fault_record(0);
  if (GENERATE(true, false)) {
    bench.registers.command(global::sirtp);
    bench.registers.command(global::ire);
    bench.registers.withdraw(global::te);
    bench.registers.command(global::te);
    bench.fault_by(1);
    CHECK(bench.holds(1, 1));
    bench.registers.withdraw(global::ire);
    bench.registers.clear_fault_record(1);
  }
  bench.registers.withdraw(global::te);
  bench.registers.command(global::te);
  bench.fault_by(2);
  CHECK(bench.holds(0, 2));
}

TEST_CASE("VTD-049 A record in use at the next index overflows even when others are free", "[vtd][faults]") {
  FaultingBench bench{with_records(2)};
  bench.fault_by(0);
  bench.fault_by(1);
  bench.registers.clear_fault_record(1);
  bench.fault_by(2);
  CHECK(bench.registers.fault_status() == (fault_status::ppf | fault_status::pfo));
  CHECK(bench.holds(0, 0));
  CHECK(bench.registers.fault_record(1).get<FaultRecord::F>() == 0);
}

TEST_CASE("VTD-053 With compression a source with a pending record is merged into it", "[vtd][faults]") {
  FaultingBench bench{with_records(4, true)};
  bench.fault_by(0);
  const auto record = bench.registers.fault_record();
  bench.translate(read_of(0x9000, FaultingBench::source(0)));
  CHECK(bench.registers.fault_record(0) == record);
  CHECK(bench.registers.fault_record(1).get<FaultRecord::F>() == 0);
  CHECK(bench.registers.fault_status() == fault_status::ppf);
}

TEST_CASE("VTD-053 Without compression a source can fill every record", "[vtd][faults]") {
  FaultingBench bench{with_records(2, false)};
  bench.fault_by(0);
  bench.fault_by(0);
  CHECK(bench.holds(1, 0));
  CHECK(bench.registers.fault_status() == fault_status::ppf);
  bench.fault_by(0);
  CHECK(bench.registers.fault_status() == (fault_status::ppf | fault_status::pfo));
}

TEST_CASE("VTD-054 A blocked write is lost silently and a blocked read gets unsupported request", "[vtd][faults]") {
  FaultingBench bench{with_records(1)};
  const auto before = bench.memory.digest();
  const auto write = bench.translate(write_of(0x1000));
  CHECK(write.outcome == iommu::Outcome::fault);
  CHECK(write.status == CompletionStatus::none);
  for (const auto& request : {read_of(0x1000), atomic_on(0x1000)}) {
    const auto result = bench.translate(request);
    CHECK(result.outcome == iommu::Outcome::fault);
    CHECK(result.status == CompletionStatus::unsupported_request);
  }
  CHECK(bench.memory.digest() == before);
}

TEST_CASE("Asking what the unit would do leaves no record and sends nothing", "[vtd][faults]") {
  FaultingBench bench{with_records(1)};
  const auto result = bench.unit.decide(read_of(0x1000), bench.fetches);
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.fault_reason == 0x1);
  CHECK(bench.no_fault_recorded());
  CHECK(bench.messages.empty());
}
