// SPDX-License-Identifier: Apache-2.0
// Interrupt requests with remapping on (VT-d sheet, 2.9, 3.2 and 4.2). Oracle: the sheet's steps and message layout,
// typed as numbers.
#include "support/vtd_interrupts.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <initializer_list>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint32_t ires = 1U << 25;
constexpr std::uint32_t irtps = 1U << 24;
constexpr std::uint64_t eime = 1U << 11;

/// What remapped_entry(0x41, 2) makes.
constexpr std::uint64_t expected_address = 0xFEE0'2000;
constexpr std::uint32_t expected_data = 0x4041;

}  // namespace

TEST_CASE("VTD-017 IRTA.EIME is read-only zero without extended interrupt mode", "[vtd][interrupt-remapping]") {
  InterruptBench plain;
  plain.registers.write64(offset::irta, 0x1234'5000 | eime | 0xF);
  CHECK(plain.registers.read64(offset::irta) == 0x1234'500F);
  InterruptBench extended{InterruptBench::with_extended_mode()};
  extended.registers.write64(offset::irta, 0x1234'5000 | eime | 0xF);
  CHECK(extended.registers.read64(offset::irta) == (0x1234'5000 | eime | 0xF));
  VtdBench without;
  without.registers.write64(offset::irta, 0x1234'500F);
  CHECK(without.registers.read64(offset::irta) == 0);
}

TEST_CASE("VTD-055 Without IRES a remappable message passes as it is though a table is set up",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(1, remapped_entry(0x41, 2));
  bench.registers.withdraw(ires);
  expect_message(bench, bench.send(remappable(1), 0x1234), remappable(1), 0x1234);
  expect_message(bench, bench.send(0xFEE0'1000, 0x31), 0xFEE0'1000, 0x31);
  CHECK(bench.fetches.size() == 0);
}

TEST_CASE("VTD-055 A unit without interrupt remapping keeps IRES and IRTPS 0", "[vtd][interrupt-remapping]") {
  VtdBench bench;
  bench.registers.command(global::sirtp);
  bench.registers.command(ires);
  CHECK((bench.registers.read32(offset::gsts) & (ires | irtps)) == 0);
}

TEST_CASE("VTD-055 IRE before any SIRTP is refused, and IRTA counts from SIRTP on only", "[vtd][interrupt-remapping]") {
  VtdBench fresh{InterruptBench::with_remapping()};
  fresh.registers.command(ires);
  CHECK((fresh.registers.read32(offset::gsts) & ires) == 0);

  InterruptBench bench;
  bench.set_entry(1, remapped_entry(0x41, 2));
  bench.registers.write64(offset::irta, 0xB00'0007);
  expect_message(bench, bench.send(remappable(1)), expected_address, expected_data);
  bench.registers.command(global::sirtp);
  bench.invalidate_entries();
  CHECK((bench.registers.read32(offset::gsts) & (ires | irtps)) == (ires | irtps));
  expect_interrupt_fault(bench, bench.send(remappable(1)), 0x22, 1);
}

TEST_CASE("VTD-056 A compatibility-format message passes with CFIS and is blocked without",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  expect_interrupt_fault(bench, bench.send(0xFEE0'2000, 0x41), 0x25, 0);
  bench.registers.command(global::cfi);
  expect_message(bench, bench.send(0xFEE0'2000, 0x41), 0xFEE0'2000, 0x41);
  bench.registers.withdraw(global::cfi);
  expect_interrupt_fault(bench, bench.send(0xFEE0'2000, 0x41), 0x25, 0);
}

TEST_CASE("VTD-057 With extended interrupt mode a compatibility-format message is blocked whatever CFIS says",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench{InterruptBench::with_extended_mode(), eime | 7};
  expect_interrupt_fault(bench, bench.send(0xFEE0'2000, 0x41), 0x25, 0);
  bench.registers.command(global::cfi);
  expect_interrupt_fault(bench, bench.send(0xFEE0'2000, 0x41), 0x25, 0);
}

TEST_CASE("VTD-058 The index is the handle, with SHV the subhandle more, and handle bit 15 is address bit 2",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench{InterruptBench::with_remapping(), 15};
  bench.set_entry(3, remapped_entry(0x33, 1));
  bench.set_entry(0x8000, remapped_entry(0x80, 1));
  bench.set_entry(0x8005, remapped_entry(0x85, 1));
  CHECK(bench.send(remappable(3), 0xFFFF'0002).message_data == 0x4033);
  CHECK(bench.send(remappable(3, true), 0).message_data == 0x4033);
  CHECK(bench.send(remappable(1, true), 2).message_data == 0x4033);
  CHECK(bench.send(0xFEE0'0014).message_data == 0x4080);
  CHECK(bench.send(remappable(0x8000, true), 5).message_data == 0x4085);
  // Bits 1:0 of the address would make it no doubleword.
  CHECK(bench.no_fault_recorded());
}

TEST_CASE("VTD-059 With SHV, data bits 31:16 are fault 0x20", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(3, remapped_entry(0x33, 1));
  for (const unsigned bit : {16U, 24U, 31U}) {
    expect_interrupt_fault(bench, bench.send(remappable(3, true), 1U << bit), 0x20, 3);
    CHECK(bench.fetches.size() == 0);
  }
  CHECK(bench.send(remappable(3, false), 1U << 16).message_data == 0x4033);
}

TEST_CASE("VTD-060 The last index of the table is taken and the one behind it is fault 0x21",
          "[vtd][interrupt-remapping]") {
  const unsigned s = GENERATE(0U, 7U, 14U);
  const unsigned entries = 2U << s;
  InterruptBench bench{InterruptBench::with_remapping(), s};
  bench.set_entry(entries - 1, remapped_entry(0x41, 2));
  bench.set_entry(entries, remapped_entry(0x42, 2));
  expect_message(bench, bench.send(remappable(entries - 1)), expected_address, expected_data);
  expect_interrupt_fault(bench, bench.send(remappable(entries)), 0x21, entries);
}

TEST_CASE("VTD-060 A sum of handle and subhandle beyond 16 bits does not wrap", "[vtd][interrupt-remapping]") {
  InterruptBench bench{InterruptBench::with_remapping(), 15};
  bench.set_entry(0, remapped_entry(0x41, 2));
  expect_interrupt_fault(bench, bench.send(remappable(0xFFFF, true), 1), 0x21, 0);
}

TEST_CASE("VTD-060 An entry beyond the host address width is fault 0x21", "[vtd][interrupt-remapping]") {
  vtd::UnitConfig config = InterruptBench::with_remapping();
  config.host_address_width = 36;
  InterruptBench bench{config};
  bench.registers.write64(offset::irta, 0xF'FFFF'F00F);
  bench.registers.command(global::sirtp);
  CHECK(bench.send(remappable(255)).fault_reason == 0x22);
  bench.registers.clear_fault_record();
  expect_interrupt_fault(bench, bench.send(remappable(256)), 0x21, 256);
}

TEST_CASE("VTD-061 An absent entry is fault 0x22, and FPD keeps it out of the log", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  Irte entry = remapped_entry(0x41, 2);
  entry.set<Irte::P>(0);
  bench.set_entry(5, entry);
  expect_interrupt_fault(bench, bench.send(remappable(5)), 0x22, 5);
  entry.set<Irte::FPD>(1);
  bench.set_entry(5, entry);
  expect_unrecorded_interrupt_fault(bench, bench.send(remappable(5)), 0x22);
}

TEST_CASE("VTD-061 An entry that cannot be read is fault 0x23", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(5, remapped_entry(0x41, 2));
  bench.bus.fail_page(InterruptBench::table);
  expect_interrupt_fault(bench, bench.send(remappable(5)), 0x23, 5);
  bench.bus.repair();
  expect_message(bench, bench.send(remappable(5)), expected_address, expected_data);
}

TEST_CASE("VTD-062 Every reserved bit of a remapped entry is fault 0x24", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  const Irte good = remapped_entry(0x41, 2);
  for (unsigned bit = 0; bit < 128; ++bit) {
    const bool reserved = (bit >= 12 && bit <= 14) || (bit >= 24 && bit <= 31) || (bit >= 32 && bit <= 39) ||
                          (bit >= 48 && bit <= 63) || bit >= 84;
    const bool available = bit >= 8 && bit <= 11;
    if (!reserved && !available) continue;
    INFO("bit " << bit);
    bench.set_entry(5, with_bit(good, bit));
    bench.invalidate_entries();
    const auto result = bench.send(remappable(5));
    if (reserved)
      expect_interrupt_fault(bench, result, 0x24, 5);
    else
      expect_message(bench, result, expected_address, expected_data);
  }
}

TEST_CASE("VTD-062 Reserved delivery modes are fault 0x24, and FPD keeps it out of the log",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  Irte entry = remapped_entry(0x41, 2);
  for (unsigned mode = 0; mode < 8; ++mode) {
    entry.set<Irte::DLM>(mode);
    bench.set_entry(5, entry);
    bench.invalidate_entries();
    const auto result = bench.send(remappable(5));
    if (mode == 3 || mode == 6)
      expect_interrupt_fault(bench, result, 0x24, 5);
    else
      expect_message(bench, result, expected_address, expected_data | mode << 8);
  }
  entry.set<Irte::DLM>(3);
  entry.set<Irte::FPD>(1);
  bench.set_entry(5, entry);
  bench.invalidate_entries();
  expect_unrecorded_interrupt_fault(bench, bench.send(remappable(5)), 0x24);
}

TEST_CASE("VTD-063 SVT=01 compares the source ID under the mask of SQ", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  const unsigned quality = GENERATE(0U, 1U, 2U, 3U);
  // SQ leaves out function bits: none, 2, 2:1, 2:0.
  const unsigned ignored = quality == 0 ? 0U : quality == 1 ? 0b100U : quality == 2 ? 0b110U : 0b111U;
  Irte entry = remapped_entry(0x41, 2);
  entry.set<Irte::SQ>(quality);
  bench.set_entry(5, entry);
  for (unsigned bit = 0; bit < 16; ++bit) {
    INFO("bit " << bit << ", SQ " << quality);
    const RequesterId from{static_cast<std::uint16_t>(device.raw() ^ 1U << bit)};
    const auto result = bench.send(remappable(5), 0, from);
    if ((1U << bit & ignored) != 0)
      expect_message(bench, result, expected_address, expected_data);
    else
      expect_interrupt_fault(bench, result, 0x26, 5, from);
  }
  expect_message(bench, bench.send(remappable(5)), expected_address, expected_data);
}

TEST_CASE("VTD-063 SVT=00 lets everybody in, SVT=11 nobody, and FPD keeps fault 0x26 out of the log",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  Irte entry = remapped_entry(0x41, 2);
  entry.set<Irte::SVT>(Validation::none);
  bench.set_entry(1, entry);
  expect_message(bench, bench.send(remappable(1), 0, RequesterId{0xABCD}), expected_address, expected_data);
  entry.set<Irte::SVT>(Validation::reserved);
  bench.set_entry(2, entry);
  expect_interrupt_fault(bench, bench.send(remappable(2)), 0x26, 2);
  entry = remapped_entry(0x41, 2);
  entry.set<Irte::FPD>(1);
  bench.set_entry(3, entry);
  expect_unrecorded_interrupt_fault(bench, bench.send(remappable(3), 0, other_device), 0x26);
}

TEST_CASE("VTD-063 Who may not use an entry is not told of its reserved bits", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(5, with_bit(remapped_entry(0x41, 2), 90));
  expect_interrupt_fault(bench, bench.send(remappable(5), 0, other_device), 0x26, 5, other_device);
  expect_interrupt_fault(bench, bench.send(remappable(5)), 0x24, 5);
}

TEST_CASE("VTD-067 An entry that refused its first requester is not kept", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(5, remapped_entry(0x41, 2));
  expect_interrupt_fault(bench, bench.send(remappable(5), 0, other_device), 0x26, 5, other_device);
  bench.set_entry(5, remapped_entry(0x51, 2));
  CHECK(bench.send(remappable(5)).message_data == 0x4051);
}

TEST_CASE("VTD-067 With ESIRTPS, turning remapping off forgets entries", "[vtd][interrupt-remapping]") {
  vtd::UnitConfig config = InterruptBench::with_remapping();
  config.enhanced_set_interrupt_table = GENERATE(true, false);
  InterruptBench bench{config};
  bench.set_entry(5, remapped_entry(0x41, 2));
  CHECK(bench.send(remappable(5)).message_data == 0x4041);
  bench.set_entry(5, remapped_entry(0x51, 2));
  bench.registers.withdraw(global::ire);
  bench.registers.command(global::ire);
  CHECK(bench.send(remappable(5)).message_data == (config.enhanced_set_interrupt_table ? 0x4051 : 0x4041));
}

TEST_CASE("VTD-064 SVT=10 lets in requesters of the buses from SID bits 15:8 to bits 7:0",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  Irte entry = remapped_entry(0x41, 2);
  entry.set<Irte::SVT>(Validation::bus);
  entry.set<Irte::SID>(0x1013);
  bench.set_entry(5, entry);
  for (const unsigned bus : {0x10U, 0x11U, 0x13U})
    expect_message(bench, bench.send(remappable(5), 0, RequesterId{static_cast<std::uint16_t>(bus << 8 | 0x42)}),
                   expected_address, expected_data);
  for (const unsigned bus : {0x0FU, 0x14U, 0U, 0xFFU}) {
    const RequesterId from{static_cast<std::uint16_t>(bus << 8 | 0x42)};
    expect_interrupt_fault(bench, bench.send(remappable(5), 0, from), 0x26, 5, from);
  }
}

TEST_CASE("VTD-065 Every field of the entry has its place in the message", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  Irte entry = remapped_entry(0xA5, 0xC3);
  entry.set<Irte::DM>(1);
  bench.set_entry(1, entry);
  expect_message(bench, bench.send(remappable(1)), 0xFEEC'3004, 0x40A5);
  entry.set<Irte::DM>(0);
  entry.set<Irte::RH>(1);
  bench.set_entry(2, entry);
  expect_message(bench, bench.send(remappable(2)), 0xFEEC'3008, 0x40A5);
  entry.set<Irte::TM>(1);
  entry.set<Irte::DLM>(5);
  bench.set_entry(3, entry);
  expect_message(bench, bench.send(remappable(3)), 0xFEEC'3008, 0xC5A5);
}

TEST_CASE("VTD-065 With extended interrupt mode DST bits 31:8 are address bits 63:40", "[vtd][interrupt-remapping]") {
  InterruptBench bench{InterruptBench::with_extended_mode(), eime | 7};
  Irte entry = remapped_entry(0x41, 0);
  entry.set<Irte::DST>(0x1234'56C3);
  bench.set_entry(1, entry);
  expect_message(bench, bench.send(remappable(1)), 0x1234'5600'FEEC'3000, 0x4041);
}

TEST_CASE("VTD-066 With remapping on, what is no doubleword write is neither remapped nor delivered",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(1, remapped_entry(0x41, 2));
  for (const iommu::TranslationRequest& request :
       {write_of(remappable(1), device, 2), write_of(remappable(1), device, 8),
        write_of(remappable(1) + 2, device, 4)}) {
    const auto result = bench.translate(request);
    CHECK(result.outcome == iommu::Outcome::fault);
    CHECK(result.fault_reason == 0x29);
    CHECK(bench.fetches.size() == 0);
  }
  CHECK(bench.translate(read_of(remappable(1))).status == CompletionStatus::unsupported_request);
}

TEST_CASE("VTD-067 A changed entry counts after an invalidation that names it, and not before",
          "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(5, remapped_entry(0x41, 2));
  bench.set_entry(8, remapped_entry(0x48, 2));
  CHECK(bench.send(remappable(5)).message_data == 0x4041);
  CHECK(bench.send(remappable(8)).message_data == 0x4048);
  bench.set_entry(5, remapped_entry(0x51, 2));
  bench.set_entry(8, remapped_entry(0x58, 2));
  CHECK(bench.send(remappable(5)).message_data == 0x4041);
  CHECK(bench.fetches.size() == 0);
  bench.invalidate_entries(8, 2);
  CHECK(bench.send(remappable(5)).message_data == 0x4041);
  CHECK(bench.send(remappable(8)).message_data == 0x4058);
  SECTION("by its index") {
    bench.invalidate_entries(5, 0);
  }
  SECTION("by a block around it") {
    bench.invalidate_entries(7, 2);
  }
  SECTION("globally") {
    bench.invalidate_entries();
  }
  bench.queue.submit(wait_with_status(PhysAddr{0xC00'0000}, 7));
  CHECK(bench.load32(PhysAddr{0xC00'0000}) == 7);
  CHECK(bench.send(remappable(5)).message_data == 0x4051);
}

TEST_CASE("VTD-067 An entry that became present needs no invalidation", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  expect_interrupt_fault(bench, bench.send(remappable(5)), 0x22, 5);
  bench.set_entry(5, remapped_entry(0x41, 2));
  expect_message(bench, bench.send(remappable(5)), expected_address, expected_data);
}

TEST_CASE("VTD-067 A cached entry still validates its source", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  bench.set_entry(5, remapped_entry(0x41, 2));
  expect_message(bench, bench.send(remappable(5)), expected_address, expected_data);
  expect_interrupt_fault(bench, bench.send(remappable(5), 0, other_device), 0x26, 5, other_device);
  CHECK(bench.fetches.size() == 0);
}

TEST_CASE("VTD-067 With ESIRTPS, SIRTP forgets entries by itself; without, they stay", "[vtd][interrupt-remapping]") {
  vtd::UnitConfig config = InterruptBench::with_remapping();
  config.enhanced_set_interrupt_table = GENERATE(false, true);
  InterruptBench bench{config};
  bench.set_entry(5, remapped_entry(0x41, 2));
  CHECK(bench.send(remappable(5)).message_data == 0x4041);
  bench.set_entry(5, remapped_entry(0x51, 2));
  bench.registers.command(global::sirtp);
  CHECK(bench.send(remappable(5)).message_data == (config.enhanced_set_interrupt_table ? 0x4051U : 0x4041U));
}

TEST_CASE("VTD-077 A reserved bit of an interrupt-entry descriptor is queue error 4", "[vtd][interrupt-remapping]") {
  InterruptBench bench;
  Descriptor descriptor;
  descriptor.set_word(0, 4);
  bench.queue.submit(with_bit(descriptor, GENERATE(5U, 8U, 16U, 26U, 48U, 63U, 64U, 127U)));
  CHECK((bench.registers.fault_status() & fault_status::iqe) != 0);
  CHECK(bench.registers.queue_error() == 4);
}

TEST_CASE("VTD-077 Without interrupt remapping an interrupt-entry descriptor is queue error 3",
          "[vtd][interrupt-remapping]") {
  VtdBench bench;
  bench.queue.enable();
  Descriptor descriptor;
  descriptor.set_word(0, 4);
  bench.queue.submit(descriptor);
  CHECK(bench.registers.queue_error() == 3);
}
