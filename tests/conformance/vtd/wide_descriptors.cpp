// SPDX-License-Identifier: Apache-2.0
// Queues of 256-bit descriptors (VT-d sheet, 1.14 and 5.1).
// Oracle: the specification's register layout and its table of descriptors.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr PhysAddr status{0x900'0000};

vtd::UnitConfig everything() {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.device_tlb = true;
  config.page_requests = true;
  config.page_request_drain = true;
  return config;
}

struct WideBench : VtdBench {
  WideBench() : VtdBench{everything()} { queue.enable_wide(); }
  std::uint64_t head() const { return registers.read64(offset::iqh); }

  void expect_error(const WideDescriptor& bad, unsigned code) {
    queue.submit(bad);
    CHECK(registers.fault_status() == fault_status::iqe);
    CHECK(registers.queue_error() == code);
    CHECK(head() == 0);
  }
};

WideDescriptor widened(const Descriptor& narrow, std::uint64_t third, std::uint64_t fourth) {
  return WideDescriptor{{narrow.word(0), narrow.word(1), third, fourth}};
}

}  // namespace

TEST_CASE("VTD-016 IQA.DW can be written with scalable mode and with abort mode", "[vtd][registers]") {
  vtd::UnitConfig config;
  (GENERATE(true, false) ? config = vtd::scalable_mode_config() : config).abort_dma_mode = true;
  VtdBench bench{config};
  bench.registers.write64(offset::iqa, 0xABC'D000 | 1U << 11 | 3);
  CHECK(bench.registers.read64(offset::iqa) == (0xABC'D000 | 1U << 11 | 3));
}

TEST_CASE("VTD-073 A wait in a wide queue writes its four bytes and moves IQH by 32", "[vtd][invalidation]") {
  WideBench bench;
  bench.store32(status + 4, 0x1234'5678);
  bench.queue.submit(wait_with_status(status, 0xDEAD'BEEF));
  CHECK(bench.load32(status) == 0xDEAD'BEEF);
  CHECK(bench.load32(status + 4) == 0x1234'5678);
  CHECK(bench.head() == 32);
}

TEST_CASE("VTD-073 Address bits of a wait that the host does not have are not looked at", "[vtd][invalidation]") {
  vtd::UnitConfig config;
  config.host_address_width = 40;
  VtdBench bench{config};
  bench.queue.enable();
  bench.queue.submit(wait_with_status(PhysAddr{status.value() | std::uint64_t{1} << 40}, 0xDEAD'BEEF));
  CHECK(bench.load32(status) == 0xDEAD'BEEF);
}

TEST_CASE("VTD-077 The upper half of a wide descriptor is reserved", "[vtd][invalidation]") {
  WideBench bench;
  const std::uint64_t bit = std::uint64_t{1} << GENERATE(0U, 31U, 63U);
  const bool third = GENERATE(true, false);
  const Descriptor narrow =
      GENERATE(Descriptor{invalidate_context(Granularity::global)}, Descriptor{invalidate_iotlb(Granularity::global)},
               Descriptor{wait_with_status(status, 1)});
  bench.expect_error(widened(narrow, third ? bit : 0, third ? 0 : bit), 4);
  CHECK(bench.load32(status) == 0);
}

TEST_CASE("VTD-077 Descriptors that need 256 bits are unknown in a narrow queue", "[vtd][invalidation]") {
  VtdBench bench{everything()};
  bench.queue.enable();
  bench.queue.submit(Descriptor{GENERATE(std::uint64_t{8}, std::uint64_t{9})});
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 3);
}

TEST_CASE("VTD-077 In legacy mode a wide queue has only what a narrow one has", "[vtd][invalidation]") {
  WideBench bench;
  bench.expect_error(WideDescriptor{{GENERATE(std::uint64_t{6 | 2 << 4}, std::uint64_t{7 | 3 << 4}, std::uint64_t{8},
                                              std::uint64_t{9}),
                                     0, 0, 0}},
                     3);
}

TEST_CASE("VTD-077 In scalable and in abort mode a queue of narrow descriptors is queue error 5",
          "[vtd][invalidation]") {
  vtd::UnitConfig config = everything();
  config.abort_dma_mode = true;
  VtdBench bench{config};
  bench.registers.set_root(bench.tables.root(), GENERATE(1U, 3U));
  bench.queue.enable();
  bench.queue.submit(wait_with_status(status, 1));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 5);
  CHECK(bench.load32(status) == 0);
}

TEST_CASE("VTD-079 A tail inside a wide descriptor is queue error 6", "[vtd][invalidation]") {
  WideBench bench;
  bench.registers.write32(offset::iqt, GENERATE(0x10U, 0x30U));
  CHECK(bench.registers.fault_status() == fault_status::iqe);
  CHECK(bench.registers.queue_error() == 6);
  CHECK(bench.head() == 0);
}

TEST_CASE("VTD-081 A wide queue has half as many slots, and slot 0 follows the last", "[vtd][invalidation]") {
  WideBench bench;
  for (unsigned i = 0; i < 127; ++i)
    bench.queue.append(invalidate_context(Granularity::global));
  bench.queue.ring();
  CHECK(bench.head() == 0xFE0);
  bench.queue.append(wait_with_status(status, 1));
  CHECK(bench.queue.tail() == 0);
  bench.queue.submit(wait_with_status(status, 2));
  CHECK(bench.load32(status) == 2);
  CHECK(bench.head() == 32);
}
