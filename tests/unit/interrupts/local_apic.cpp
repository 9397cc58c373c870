// SPDX-License-Identifier: Apache-2.0
// Oracle: the message format of the Intel SDM, volume 3, 11.11, worked out by hand.
#include "interrupts/local_apic.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::interrupts;

namespace {
Access access(Operation operation, std::uint64_t address, std::uint32_t size) {
  Access result;
  result.operation = operation;
  result.address = BusAddr{address};
  result.size = size;
  return result;
}
}  // namespace

TEST_CASE("Only an aligned doubleword write to 0xFEEx_xxxx is an interrupt request", "[interrupts]") {
  CHECK(classify_interrupt_window(access(Operation::write, 0xFEE0'1000, 4))->is_interrupt);
  CHECK_FALSE(classify_interrupt_window(access(Operation::write, 0xFEE0'1000, 8))->is_interrupt);
  CHECK_FALSE(classify_interrupt_window(access(Operation::write, 0xFEE0'1002, 4))->is_interrupt);
  CHECK_FALSE(classify_interrupt_window(access(Operation::read, 0xFEE0'1000, 4))->is_interrupt);
  CHECK(classify_interrupt_window(access(Operation::read, 0xFEE0'1000, 4))->status ==
        CompletionStatus::unsupported_request);
}

TEST_CASE("The interrupt window ends at 0xFEEF_FFFF and is 32 bits wide", "[interrupts]") {
  CHECK(classify_interrupt_window(access(Operation::write, 0xFEEF'FFFC, 4)).has_value());
  CHECK_FALSE(classify_interrupt_window(access(Operation::write, 0xFEF0'0000, 4)).has_value());
  CHECK_FALSE(classify_interrupt_window(access(Operation::write, 0xFEDF'FFFC, 4)).has_value());
  CHECK_FALSE(classify_interrupt_window(access(Operation::write, 0x1'FEE0'0000, 4)).has_value());
  CHECK(classify_interrupt_window(access(Operation::write, 0xFEDF'FFF0, 64)).has_value());
}

TEST_CASE("A message with extended destination reaches the doorbell, though no device can send it there",
          "[interrupts]") {
  const Access extended = access(Operation::write, 0x0001'2300'FEE4'5000, 4);
  CHECK_FALSE(classify_interrupt_window(extended).has_value());
  REQUIRE(classify_message(extended).has_value());
  CHECK(classify_message(extended)->is_interrupt);
  CHECK(decode({extended.address, 0x41}, {}).destination == 0x1'2345);
  CHECK_FALSE(classify_message(access(Operation::write, 0x1'FEE4'5000, 4)).has_value());
}

TEST_CASE("A message is decoded into vector, destination and modes", "[interrupts]") {
  const Interrupt interrupt = decode({BusAddr{0xFEE0'300C}, 0xC141}, RequesterId{2, 0, 1});
  CHECK(interrupt.vector == 0x41);
  CHECK(interrupt.destination == 3);
  CHECK(interrupt.delivery_mode == 1);
  CHECK(interrupt.logical_destination);
  CHECK(interrupt.level_triggered);
  CHECK(interrupt.source == RequesterId{2, 0, 1});
}

TEST_CASE("The local APIC counts every interrupt and keeps the last ones", "[interrupts]") {
  LocalApic apic;
  for (std::size_t i = 0; i < LocalApic::kept + 10; ++i)
    apic.deliver({BusAddr{0xFEE0'0000}, static_cast<std::uint32_t>(i & 0xFF)}, RequesterId{}, Duration{i});
  CHECK(apic.delivered() == LocalApic::kept + 10);
  CHECK(apic.records().size() == LocalApic::kept);
  CHECK(apic.records().front().time == Duration{10});
}
