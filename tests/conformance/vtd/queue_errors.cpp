// SPDX-License-Identifier: Apache-2.0
// Invalidation queue errors and how software gets out of them (VT-d sheet, 1.14 and 5.2, "After IQE").
// Oracle: the specification's table of IQEI codes.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr PhysAddr status{0x900'0000};

struct QueueBench : VtdBench {
  QueueBench() { queue.enable(); }
  std::uint64_t head() const { return registers.read64(offset::iqh); }

  /// One good descriptor, the bad one, and a wait that must not run.
  void expect_error(const Descriptor& bad, unsigned code) {
    queue.append(invalidate_context(Granularity::global));
    queue.append(bad);
    queue.submit(wait_with_status(status, 1));
    CHECK(registers.fault_status() == fault_status::iqe);
    CHECK(registers.queue_error() == code);
    CHECK(head() == 16);
    CHECK(load32(status) == 0);
  }
};

Descriptor of_type(std::uint64_t type) {
  return Descriptor{(type & 0xF) | ((type >> 4) << 9)};
}

}  // namespace

TEST_CASE("VTD-077 A descriptor type that does not exist is queue error 3", "[vtd][invalidation]") {
  QueueBench bench;
  bench.expect_error(of_type(GENERATE(0x00U, 0x0AU, 0x0FU, 0x10U, 0x12U, 0x75U)), 3);
}

TEST_CASE("VTD-077 A reserved bit of a context-cache descriptor is queue error 4", "[vtd][invalidation]") {
  QueueBench bench;
  bench.expect_error(with_bit(invalidate_context(Granularity::global), GENERATE(6U, 8U, 12U, 15U, 50U, 63U, 64U, 127U)),
                     4);
}

TEST_CASE("VTD-077 A reserved bit of an IOTLB descriptor is queue error 4", "[vtd][invalidation]") {
  QueueBench bench;
  bench.expect_error(with_bit(invalidate_iotlb(Granularity::global), GENERATE(8U, 12U, 15U, 32U, 63U, 71U, 75U)), 4);
}

TEST_CASE("VTD-077 A reserved bit of a wait descriptor is queue error 4", "[vtd][invalidation]") {
  QueueBench bench;
  // Bit 7 is PD, which needs page-request draining.
  bench.expect_error(with_bit(wait_with_status(status + 4, 2), GENERATE(7U, 8U, 12U, 16U, 31U, 64U, 65U)), 4);
  CHECK(bench.load32(status + 4) == 0);
}

TEST_CASE("VTD-077 A reserved granularity is queue error 4", "[vtd][invalidation]") {
  QueueBench bench;
  if (GENERATE(false, true)) {
    bench.expect_error(invalidate_context(Granularity::none), 4);
  } else {
    bench.expect_error(invalidate_iotlb(Granularity::none), 4);
  }
}

TEST_CASE("VTD-077 A queue error is a fault event", "[vtd][invalidation]") {
  QueueBench bench;
  bench.registers.program_event(offset::fectl, 0xFEE0'5000, 0x71);
  bench.queue.submit(Descriptor{});
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{0xFEE0'5000}, 0x71});
}

TEST_CASE("VTD-077 While IQE is set, a new tail starts nothing", "[vtd][invalidation]") {
  QueueBench bench;
  bench.expect_error(Descriptor{}, 3);
  bench.queue.submit(wait_with_status(status, 2));
  CHECK(bench.load32(status) == 0);
  CHECK(bench.head() == 16);
}

TEST_CASE("VTD-078 Clearing IQE resumes at the replaced descriptor without a write of IQT", "[vtd][invalidation]") {
  QueueBench bench;
  bench.expect_error(Descriptor{}, 3);
  bench.queue.replace(1, wait_with_status(status + 4, 2));
  CHECK(bench.load32(status + 4) == 0);
  bench.registers.write32(offset::fsts, fault_status::iqe);
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.load32(status + 4) == 2);
  CHECK(bench.load32(status) == 1);
  CHECK(bench.head() == 3 * 16);
}

TEST_CASE("VTD-078 Clearing IQE without a repair meets the same error again", "[vtd][invalidation]") {
  QueueBench bench;
  bench.expect_error(Descriptor{}, 3);
  bench.registers.write32(offset::fsts, fault_status::iqe);
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 3);
  CHECK(bench.head() == 16);
  CHECK(bench.load32(status) == 0);
}

TEST_CASE("VTD-079 A tail beyond the queue is queue error 1", "[vtd][invalidation]") {
  QueueBench bench;
  bench.registers.write32(offset::iqt, GENERATE(0x1000U, 0x1010U, 0x7'FFF0U));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 1);
  CHECK(bench.head() == 0);
}

TEST_CASE("VTD-079 The last slot is a legal tail", "[vtd][invalidation]") {
  QueueBench bench;
  for (unsigned i = 0; i < 255; ++i)
    bench.queue.append(invalidate_context(Granularity::global));
  bench.queue.ring();
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.head() == 0xFF0);
}

TEST_CASE("VTD-080 An access error at the descriptor is queue error 2", "[vtd][invalidation]") {
  QueueBench bench;
  bench.queue.submit(wait_with_status(status, 1));
  bench.bus.fail_page(VtdBench::queue_base);
  bench.queue.submit(wait_with_status(status, 2));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 2);
  CHECK(bench.head() == 16);
  CHECK(bench.load32(status) == 1);
  bench.bus.repair();
  bench.registers.write32(offset::fsts, fault_status::iqe);
  CHECK(bench.load32(status) == 2);
}

TEST_CASE("VTD-077 A table mode that the unit lacks is queue error 7, until software sets another",
          "[vtd][invalidation]") {
  QueueBench bench;
  bench.registers.set_root(bench.tables.root(), GENERATE(1U, 2U, 3U));
  bench.queue.submit(wait_with_status(status, 1));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 7);
  CHECK(bench.load32(status) == 0);
  bench.registers.set_root(bench.tables.root(), 0);
  bench.registers.write32(offset::fsts, fault_status::iqe);
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.load32(status) == 1);
}
