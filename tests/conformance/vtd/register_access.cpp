// SPDX-License-Identifier: Apache-2.0
// How registers read and write (VT-d sheet, sections 1.1 to 1.10).
// Oracle: the specification's register map; offsets and masks are retyped from it.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

vtd::UnitConfig with_fault_records(unsigned count) {
  vtd::UnitConfig config;
  config.fault_records = count;
  return config;
}

/// Writes `value` in one go, reads back; then in two halves, low before high.
void check_halves_equal_whole(VtdBench& bench, std::uint64_t at, std::uint64_t value) {
  INFO("register " << at);
  bench.registers.write64(at, value);
  const auto whole = bench.registers.read64(at);
  CHECK(whole != 0);
  bench.registers.write64(at, 0);
  bench.registers.write32(at, static_cast<std::uint32_t>(value));
  bench.registers.write32(at + 4, static_cast<std::uint32_t>(value >> 32));
  CHECK(bench.registers.read64(at) == whole);
  CHECK(bench.registers.read32(at) == static_cast<std::uint32_t>(whole));
  CHECK(bench.registers.read32(at + 4) == static_cast<std::uint32_t>(whole >> 32));
}

}  // namespace

TEST_CASE("VTD-001 Reset masks the events and clears status, queue pointers and fault records", "[vtd][registers]") {
  const VtdBench bench{with_fault_records(4)};
  const auto& registers = bench.registers;
  CHECK(registers.read32(offset::gsts) == 0);
  CHECK(registers.read32(offset::fsts) == 0);
  CHECK(registers.read32(offset::fectl) == 0x8000'0000);
  CHECK(registers.read32(offset::iectl) == 0x8000'0000);
  CHECK(registers.read64(offset::iqh) == 0);
  CHECK(registers.read64(offset::iqt) == 0);
  CHECK(registers.read32(offset::ics) == 0);
  for (unsigned i = 0; i < 4; ++i)
    CHECK(registers.fault_record(i).get<FaultRecord::F>() == 0);
}

TEST_CASE("VTD-002 VER, CAP, ECAP, GSTS and IQH ignore writes of any value", "[vtd][registers]") {
  VtdBench bench;
  const std::uint64_t at = GENERATE(offset::ver, offset::cap, offset::ecap, offset::gsts, offset::iqh);
  const std::uint64_t value = GENERATE(std::uint64_t{0}, ~std::uint64_t{0}, 0x5555'5555'5555'5555);
  const bool is_64_bit = at != offset::ver && at != offset::gsts;
  const auto read = [&] { return is_64_bit ? bench.registers.read64(at) : bench.registers.read32(at); };
  const auto before = read();
  bench.registers.write32(at, static_cast<std::uint32_t>(value));
  CHECK(read() == before);
  if (!is_64_bit) return;
  bench.registers.write32(at + 4, static_cast<std::uint32_t>(value));
  bench.registers.write64(at, value);
  CHECK(read() == before);
}

TEST_CASE("VTD-003 GCMD reads 0 after any write", "[vtd][registers]") {
  VtdBench bench;
  for (const std::uint32_t value : {global::srtp, global::srtp | global::te, global::qie, 0xFFFF'FFFFU, 0U}) {
    bench.registers.write32(offset::gcmd, value);
    CHECK(bench.registers.read32(offset::gcmd) == 0);
  }
}

TEST_CASE("VTD-004 RTADDR keeps bits 63:10 below the host address width", "[vtd][registers]") {
  vtd::UnitConfig config;
  config.host_address_width = GENERATE(39U, 46U, 52U);
  VtdBench bench{config};
  bench.registers.write64(offset::rtaddr, ~std::uint64_t{0});
  const std::uint64_t below_width = (std::uint64_t{1} << config.host_address_width) - 1;
  CHECK(bench.registers.read64(offset::rtaddr) == (below_width & ~std::uint64_t{0x3FF}));
}

TEST_CASE("VTD-011 64-bit registers written in two halves hold what one write gives", "[vtd][registers]") {
  vtd::UnitConfig config;
  config.protected_high_memory = true;
  VtdBench bench{config};
  check_halves_equal_whole(bench, offset::rtaddr, 0x0000'1234'5678'9000);
  check_halves_equal_whole(bench, offset::iqa, 0x0000'0004'5678'9002);
  check_halves_equal_whole(bench, offset::phmbase, 0x0000'0008'4000'0000);
  check_halves_equal_whole(bench, offset::phmlimit, 0x0000'0009'4000'0000);
}

TEST_CASE("VTD-011 CCMD acts on the write of its upper half only", "[vtd][registers]") {
  VtdBench bench;
  bench.start();
  ContextCommand command;
  command.set<ContextCommand::CIRG>(Granularity::global);
  const auto granularity = [&] {
    return ContextCommand{bench.registers.read64(offset::ccmd)}.get<ContextCommand::CAIG>();
  };
  const auto before = granularity();
  bench.registers.write32(offset::ccmd, 0xFFFF'FFFF);
  CHECK(granularity() == before);
  command.set<ContextCommand::ICC>(1);
  bench.registers.write32(offset::ccmd + 4, static_cast<std::uint32_t>(command.raw() >> 32));
  CHECK(granularity() == Granularity::global);
  CHECK(ContextCommand{bench.registers.read64(offset::ccmd)}.get<ContextCommand::ICC>() == 0);
}

TEST_CASE("VTD-011 IOTLB acts on the write of its upper half only", "[vtd][registers]") {
  VtdBench bench;
  bench.start();
  const std::uint64_t at = vtd::UnitConfig{}.iotlb_offset + 8;
  const auto granularity = [&] { return IotlbCommand{bench.registers.read64(at)}.get<IotlbCommand::IAIG>(); };
  const auto before = granularity();
  bench.registers.write32(at, 0xFFFF'FFFF);
  CHECK(granularity() == before);
  IotlbCommand command;
  command.set<IotlbCommand::IVT>(1);
  command.set<IotlbCommand::IIRG>(Granularity::global);
  bench.registers.write32(at + 4, static_cast<std::uint32_t>(command.raw() >> 32));
  CHECK(granularity() == Granularity::global);
  CHECK(IotlbCommand{bench.registers.read64(at)}.get<IotlbCommand::IVT>() == 0);
}

TEST_CASE("VTD-012 FSTS.PFO clears where 1 is written and nowhere else", "[vtd][registers]") {
  VtdBench bench;
  bench.enable_translation();
  bench.translate(read_of(0x1000, device));
  bench.translate(read_of(0x1000, other_device));
  REQUIRE(bench.registers.fault_status() == (fault_status::pfo | fault_status::ppf));
  bench.registers.write32(offset::fsts, 0);
  bench.registers.write32(offset::fsts, ~fault_status::pfo);
  CHECK(bench.registers.fault_status() == (fault_status::pfo | fault_status::ppf));
  bench.registers.write32(offset::fsts, fault_status::pfo);
  CHECK(bench.registers.fault_status() == fault_status::ppf);
}

TEST_CASE("VTD-012 FSTS.IQE clears where 1 is written and nowhere else", "[vtd][registers]") {
  VtdBench bench;
  bench.queue.enable();
  bench.registers.write32(offset::iqt, 0x1000);
  REQUIRE(bench.registers.fault_status() == fault_status::iqe);
  bench.registers.write32(offset::fsts, 0);
  bench.registers.write32(offset::fsts, ~fault_status::iqe);
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  bench.registers.write32(offset::iqt, 0);
  bench.registers.write32(offset::fsts, fault_status::iqe);
  CHECK(bench.registers.fault_status() == 0);
}

TEST_CASE("VTD-012 FSTS.PPF and FRI ignore writes", "[vtd][registers]") {
  VtdBench bench{with_fault_records(4)};
  bench.enable_translation();
  bench.translate(read_of(0x1000));
  bench.registers.clear_fault_record(0);
  bench.translate(read_of(0x1000));
  const std::uint32_t expected = fault_status::ppf | (1U << 8);
  REQUIRE(bench.registers.fault_status() == expected);
  for (const std::uint32_t value : {0U, 0xFFFF'FFFFU, 0x0000'FF02U}) {
    bench.registers.write32(offset::fsts, value);
    CHECK(bench.registers.fault_status() == expected);
  }
}

TEST_CASE("VTD-013 Writing 1 to FRCD.F clears F only, and PPF with the last F", "[vtd][registers]") {
  VtdBench bench{with_fault_records(2)};
  bench.enable_translation();
  bench.translate(read_of(0x12'3000, device));
  bench.translate(write_of(0x45'6000, other_device));
  for (unsigned i = 0; i < 2; ++i) {
    CHECK((bench.registers.fault_status() & fault_status::ppf) != 0);
    auto expected = bench.registers.fault_record(i);
    REQUIRE(expected.get<FaultRecord::F>() == 1);
    bench.registers.clear_fault_record(i);
    expected.set<FaultRecord::F>(0);
    CHECK(bench.registers.fault_record(i) == expected);
  }
  CHECK((bench.registers.fault_status() & fault_status::ppf) == 0);
}

TEST_CASE("VTD-013 Nothing but F of a fault record can be written", "[vtd][registers]") {
  VtdBench bench;
  bench.enable_translation();
  bench.translate(read_of(0x12'3000));
  const auto before = bench.registers.fault_record();
  const std::uint64_t at = bench.registers.fault_record_offset(0);
  for (const std::uint32_t value : {0U, 0x7FFF'FFFFU}) {
    bench.registers.write32(at + 12, value);
    for (unsigned part = 0; part < 12; part += 4)
      bench.registers.write32(at + part, value);
  }
  CHECK(bench.registers.fault_record() == before);
}

TEST_CASE("VTD-014 FECTL.IP is read-only", "[vtd][registers]") {
  VtdBench bench;
  bench.registers.write32(offset::fectl, event_control::im | event_control::ip);
  CHECK(bench.registers.read32(offset::fectl) == event_control::im);
  bench.registers.write32(offset::fectl, event_control::ip);
  CHECK(bench.registers.read32(offset::fectl) == 0);
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-015 FEADDR bits 1:0 read 0, and FEUADDR is read-only 0 without EIM", "[vtd][registers]") {
  VtdBench bench;
  REQUIRE((bench.registers.read64(offset::ecap) & 0x10) == 0);
  bench.registers.write32(offset::feaddr, 0xFFFF'FFFF);
  bench.registers.write32(offset::feuaddr, 0xFFFF'FFFF);
  CHECK(bench.registers.read32(offset::feaddr) == 0xFFFF'FFFC);
  CHECK(bench.registers.read32(offset::feuaddr) == 0);
}

TEST_CASE("VTD-015 With EIM FEUADDR and IEUADDR keep what is written", "[vtd][registers]") {
  vtd::UnitConfig config;
  config.interrupt_remapping = config.extended_interrupt_mode = true;
  VtdBench bench{config};
  for (const std::uint64_t at : {offset::feuaddr, std::uint64_t{0xAC}}) {
    bench.registers.write32(at, 0x1234'5600);
    CHECK(bench.registers.read32(at) == 0x1234'5600);
  }
}

TEST_CASE("VTD-016 IQA.DW is read-only 0 without scalable and abort mode", "[vtd][registers]") {
  VtdBench bench;
  bench.registers.write64(offset::iqa, 0x1000 | 0x800 | 3);
  CHECK(bench.registers.read64(offset::iqa) == (0x1000 | 3));
}

TEST_CASE("VTD-020 Offsets where nothing is implemented read 0 and ignore writes", "[vtd][registers]") {
  VtdBench bench;
  const std::uint64_t at = GENERATE(0x004, 0x058, 0x064, 0x068, 0x06C, 0x070, 0x078, 0x0C0, 0x0C8, 0x0D0, 0x0DC, 0x0E0,
                                    0x0E8, 0x100, 0x180, 0x300, 0x400, 0x600, 0xE00, 0xE10, 0xE30, 0xFF8);
  bench.registers.write32(at, 0xFFFF'FFFF);
  CHECK(bench.registers.read32(at) == 0);
  if (at % 8 != 0) return;
  bench.registers.write64(at, ~std::uint64_t{0});
  CHECK(bench.registers.read64(at) == 0);
}

TEST_CASE("VTD-020 Without queued invalidation its registers are not implemented", "[vtd][registers]") {
  vtd::UnitConfig config;
  config.queued_invalidation = false;
  VtdBench bench{config};
  const std::uint64_t at = GENERATE(offset::iqh, offset::iqt, offset::iqa, offset::ics, offset::iectl, offset::iedata,
                                    offset::ieaddr, offset::iqercd);
  bench.registers.write32(at, 0xFFFF'FFFF);
  CHECK(bench.registers.read32(at) == 0);
}

TEST_CASE("Register accesses of other widths or alignments read 0 and write nothing", "[vtd][registers]") {
  VtdBench bench;
  bench.registers.write64(offset::rtaddr, 0x1234'5000);
  for (const unsigned width : {1U, 2U, 3U, 16U}) {
    bench.unit.write_register(offset::rtaddr, width, 0x6000);
    CHECK(bench.unit.read_register(offset::rtaddr, width) == 0);
  }
  for (const std::uint64_t at : {offset::rtaddr + 1, offset::rtaddr + 2, offset::rtaddr + 4}) {
    bench.unit.write_register(at, 8, ~std::uint64_t{0});
    CHECK(bench.unit.read_register(at, 8) == 0);
  }
  CHECK(bench.registers.read64(offset::rtaddr) == 0x1234'5000);
  CHECK(bench.registers.read64(bench.unit.register_block_size()) == 0);
}

TEST_CASE("The default unit reports the capabilities of QEMU 7.2 with aw-bits=48", "[vtd][registers]") {
  const VtdBench bench;
  CHECK(bench.registers.read32(offset::ver) == 0x10);
  CHECK(bench.registers.read64(offset::cap) == 0x00D2'008C'222F'0606);
  CHECK(bench.registers.read64(offset::ecap) == 0xF42);
}
