// SPDX-License-Identifier: Apache-2.0
// When the fault event interrupt is sent (VT-d sheet, 1.10).
// Oracle: the specification's state machine of IM and IP, followed by hand.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint32_t message_address = 0xFEE0'2000;
constexpr std::uint32_t message_data = 0x4052;

/// Every request faults; the event's message is programmed and masked.
struct MaskedBench : VtdBench {
  MaskedBench() {
    enable_translation();
    registers.program_event(offset::fectl, message_address, message_data);
    set_masked(true);
  }
  void set_masked(bool masked) { registers.write32(offset::fectl, masked ? event_control::im : 0); }
  std::uint32_t control() const { return registers.read32(offset::fectl); }
};

}  // namespace

TEST_CASE("VTD-050 A masked fault event stays pending until it is unmasked", "[vtd][faults]") {
  MaskedBench bench;
  bench.translate(read_of(0x1000));
  CHECK(bench.messages.empty());
  CHECK(bench.control() == (event_control::im | event_control::ip));
  bench.set_masked(false);
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{message_address}, message_data});
  CHECK(bench.control() == 0);
  bench.set_masked(true);
  bench.set_masked(false);
  CHECK(bench.messages.size() == 1);
}

TEST_CASE("VTD-050 The message is the one programmed when it is sent", "[vtd][faults]") {
  MaskedBench bench;
  bench.translate(read_of(0x1000));
  bench.registers.program_event(offset::fectl, 0xFEE0'3000, 0x77);
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{0xFEE0'3000}, 0x77});
}

TEST_CASE("VTD-051 A pending fault event ends when software clears what caused it", "[vtd][faults]") {
  MaskedBench bench;
  bench.translate(read_of(0x1000));
  bench.registers.clear_fault_record();
  CHECK(bench.control() == event_control::im);
  bench.set_masked(false);
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-051 With an overflow the pending event ends when PFO is cleared too", "[vtd][faults]") {
  MaskedBench bench;
  bench.translate(read_of(0x1000, device));
  bench.translate(read_of(0x1000, other_device));
  bench.registers.clear_fault_record();
  bench.registers.write32(offset::fsts, fault_status::pfo);
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.control() == event_control::im);
  bench.set_masked(false);
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-051 A pending fault event stays while another cause stays", "[vtd][faults]") {
  MaskedBench bench;
  bench.queue.enable();
  bench.translate(read_of(0x1000));
  bench.queue.submit(Descriptor{});
  REQUIRE(bench.registers.fault_status() == (fault_status::ppf | fault_status::iqe));
  bench.registers.clear_fault_record();
  CHECK(bench.control() == (event_control::im | event_control::ip));
  bench.set_masked(false);
  CHECK(bench.messages.size() == 1);
}

TEST_CASE("VTD-052 A queue error while a fault is pending raises no second event", "[vtd][faults]") {
  MaskedBench bench;
  bench.set_masked(false);
  bench.queue.enable();
  bench.translate(read_of(0x1000));
  REQUIRE(bench.messages.size() == 1);
  bench.queue.submit(Descriptor{});
  CHECK(bench.registers.fault_status() == (fault_status::ppf | fault_status::iqe));
  CHECK(bench.messages.size() == 1);
  CHECK(bench.control() == 0);
}

TEST_CASE("VTD-052 A fault while a queue error is pending raises no second event", "[vtd][faults]") {
  MaskedBench bench;
  bench.set_masked(false);
  bench.queue.enable();
  bench.queue.submit(Descriptor{});
  REQUIRE(bench.messages.size() == 1);
  bench.translate(read_of(0x1000));
  CHECK(bench.registers.fault_status() == (fault_status::ppf | fault_status::iqe));
  CHECK(bench.messages.size() == 1);
}
