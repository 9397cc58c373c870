// SPDX-License-Identifier: Apache-2.0
// The invalidation queue: pointers, waits, errors (VT-d sheet, 1.14 and 5.1).
// Oracle: the specification's rules.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr PhysAddr status{0x900'0000};

struct QueueBench : VtdBench {
  explicit QueueBench(unsigned size_order = 0) {
    queue.enable(size_order);
    store32(status, 0);
  }
  std::uint64_t head() const { return registers.read64(offset::iqh); }
  bool waits_end() {
    queue.submit(wait_with_status(status, 0x5A5A));
    return load32(status) == 0x5A5A;
  }
};

WaitDescriptor wait_with_interrupt() {
  auto result = descriptor<WaitDescriptor>();
  result.set<WaitDescriptor::IF>(1);
  return result;
}

}  // namespace

TEST_CASE("VTD-072 QIE starts the queue at 0 and its end resets IQH", "[vtd][invalidation]") {
  QueueBench bench;
  CHECK(bench.registers.read32(offset::gsts) == global::qie);
  CHECK(bench.head() == 0);
  REQUIRE(bench.waits_end());
  REQUIRE(bench.head() == 16);
  bench.registers.withdraw(global::qie);
  CHECK(bench.registers.read32(offset::gsts) == 0);
  CHECK(bench.head() == 0);
}

TEST_CASE("VTD-072 A queue that is off fetches nothing", "[vtd][invalidation]") {
  VtdBench bench;
  bench.registers.write64(offset::iqa, VtdBench::queue_base.value());
  bench.queue.submit(wait_with_status(status, 1));
  CHECK(bench.load32(status) == 0);
  CHECK(bench.registers.read64(offset::iqh) == 0);
}

TEST_CASE("VTD-073 A wait with SW writes exactly its four bytes and moves IQH by 16", "[vtd][invalidation]") {
  QueueBench bench;
  for (const std::uint64_t part : {0, 4, 8})
    bench.store32(status + part, 0xAAAA'AAAA);
  bench.queue.submit(wait_with_status(status + 4, 0x1234'5678));
  CHECK(bench.load32(status) == 0xAAAA'AAAA);
  CHECK(bench.load32(status + 4) == 0x1234'5678);
  CHECK(bench.load32(status + 8) == 0xAAAA'AAAA);
  CHECK(bench.head() == 16);
  CHECK(bench.registers.read32(offset::ics) == 0);
  CHECK(bench.registers.fault_status() == 0);
}

TEST_CASE("VTD-073 Every kind of descriptor moves IQH by 16", "[vtd][invalidation]") {
  QueueBench bench;
  bench.queue.append(invalidate_context(Granularity::global));
  bench.queue.append(invalidate_context(Granularity::domain));
  bench.queue.append(invalidate_context(Granularity::selective));
  bench.queue.append(invalidate_iotlb(Granularity::global));
  bench.queue.append(invalidate_iotlb(Granularity::domain, 7));
  bench.queue.append(invalidate_pages(7, Iova{0x1000}, 3));
  bench.queue.submit(wait_with_status(status, 2));
  CHECK(bench.load32(status) == 2);
  CHECK(bench.head() == 7 * 16);
}

TEST_CASE("VTD-074 A wait with IF sends one completion event until IWC is cleared", "[vtd][invalidation]") {
  QueueBench bench;
  bench.registers.program_event(offset::iectl, 0xFEE0'4000, 0x61);
  bench.queue.submit(wait_with_interrupt());
  CHECK(bench.registers.read32(offset::ics) == 1);
  REQUIRE(bench.messages.size() == 1);
  CHECK(bench.messages[0] == interrupts::MsiMessage{BusAddr{0xFEE0'4000}, 0x61});
  CHECK(bench.registers.read32(offset::iectl) == 0);
  bench.queue.submit(wait_with_interrupt());
  CHECK(bench.messages.size() == 1);
  bench.registers.write32(offset::ics, 1);
  CHECK(bench.registers.read32(offset::ics) == 0);
  bench.queue.submit(wait_with_interrupt());
  CHECK(bench.messages.size() == 2);
}

TEST_CASE("VTD-074 A masked completion event is sent when it is unmasked", "[vtd][invalidation]") {
  QueueBench bench;
  bench.registers.program_event(offset::iectl, 0xFEE0'4000, 0x61);
  bench.registers.write32(offset::iectl, event_control::im);
  bench.queue.submit(wait_with_interrupt());
  CHECK(bench.messages.empty());
  CHECK(bench.registers.read32(offset::iectl) == (event_control::im | event_control::ip));
  bench.registers.write32(offset::iectl, 0);
  CHECK(bench.messages.size() == 1);
}

TEST_CASE("VTD-074 A wait may write its status and send its event", "[vtd][invalidation]") {
  QueueBench bench;
  bench.registers.program_event(offset::iectl, 0xFEE0'4000, 0x61);
  auto both = wait_with_status(status, 9);
  both.set<WaitDescriptor::IF>(1);
  bench.queue.submit(both);
  CHECK(bench.load32(status) == 9);
  CHECK(bench.messages.size() == 1);
}

TEST_CASE("VTD-075 Clearing IWC ends a masked pending event", "[vtd][invalidation]") {
  QueueBench bench;
  bench.queue.submit(wait_with_interrupt());
  REQUIRE(bench.registers.read32(offset::iectl) == (event_control::im | event_control::ip));
  bench.registers.write32(offset::ics, 1);
  CHECK(bench.registers.read32(offset::iectl) == event_control::im);
  bench.registers.write32(offset::iectl, 0);
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-076 A wait with only FN completes", "[vtd][invalidation]") {
  QueueBench bench;
  auto fence = descriptor<WaitDescriptor>();
  fence.set<WaitDescriptor::FN>(1);
  bench.queue.submit(fence);
  CHECK(bench.head() == 16);
  CHECK(bench.registers.fault_status() == 0);
  CHECK(bench.registers.read32(offset::ics) == 0);
  CHECK(bench.waits_end());
}

TEST_CASE("VTD-081 The descriptor after the last slot is slot 0", "[vtd][invalidation]") {
  const unsigned size_order = GENERATE(0U, 1U, 3U);
  QueueBench bench{size_order};
  const unsigned entries = 256U << size_order;
  for (unsigned i = 0; i + 1 < entries; ++i)
    bench.queue.append(invalidate_context(Granularity::global));
  bench.queue.ring();
  CHECK(bench.head() == (entries - 1) * 16);
  bench.queue.append(wait_with_status(status, 1));
  bench.queue.append(wait_with_status(status + 4, 2));
  REQUIRE(bench.queue.tail() == 16);
  bench.queue.ring();
  CHECK(bench.load32(status) == 1);
  CHECK(bench.load32(status + 4) == 2);
  CHECK(bench.head() == 16);
  CHECK(bench.registers.fault_status() == 0);
}

TEST_CASE("VTD-081 A full queue needs no more than one ring", "[vtd][invalidation]") {
  QueueBench bench;
  for (unsigned i = 0; i < 3; ++i)
    bench.queue.submit(wait_with_status(status, i));
  // Empty means IQH == IQT, so 255 descriptors are the most that can wait.
  for (unsigned i = 0; i < 254; ++i)
    bench.queue.append(invalidate_context(Granularity::global));
  bench.queue.submit(wait_with_status(status, 77));
  CHECK(bench.load32(status) == 77);
  CHECK(bench.head() == 2 * 16);
}
