// SPDX-License-Identifier: Apache-2.0
// Requests to 0xFEE0_0000 - 0xFEEF_FFFF without interrupt remapping (VT-d specification, 3.15, 4.2.5 and 7.1.3).
// Oracle: the specification's rules of requests to the interrupt range.
#include "support/scalable_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

/// The whole range is mapped to ordinary memory, so that a walk would show.
struct RangeBench : VtdBench {
  explicit RangeBench(bool translation) {
    const Domain domain = start();
    tables.map(domain, Iova{0xFEE0'0000}, PhysAddr{0x4000'0000}, Rights{}, page_2m);
    if (!translation) registers.withdraw(global::te);
  }
};

}  // namespace

TEST_CASE("VTD-055 A doubleword write to the interrupt range is an interrupt, whatever the tables say",
          "[vtd][interrupt-range]") {
  RangeBench bench{GENERATE(false, true)};
  // Compatibility and remappable format (address bit 4), both ends of the range.
  const std::uint64_t address = GENERATE(std::uint64_t{0xFEE0'0000}, 0xFEE0'1010U, 0xFEEF'FFFCU, 0xFEE1'2358U);
  const auto result = bench.translate(write_of(address));
  CHECK(result.outcome == iommu::Outcome::interrupt);
  CHECK(result.address.value() == address);
  CHECK(bench.fetches.size() == 0);
  CHECK(bench.no_fault_recorded());
}

TEST_CASE("VTD-055 An interrupt needs no context entry", "[vtd][interrupt-range]") {
  VtdBench bench;
  bench.enable_translation();
  CHECK(bench.translate(write_of(0xFEE0'0000)).outcome == iommu::Outcome::interrupt);
  CHECK(bench.no_fault_recorded());
}

TEST_CASE("VTD-066 Other accesses to the interrupt range are neither translated nor delivered",
          "[vtd][interrupt-range]") {
  RangeBench bench{GENERATE(false, true)};
  const auto request =
      GENERATE(write_of(0xFEE0'0000, device, 8), write_of(0xFEE0'0000, device, 2), write_of(0xFEE0'0002, device, 4),
               write_of(0xFEE0'1001, device, 1), write_of(0xFEEF'FFC0, device, 64), write_of(0xFEEF'FFFF, device, 1),
               read_of(0xFEE0'0000), read_of(0xFEEF'FFC0, device, 64), atomic_on(0xFEE0'0000));
  expect_fault(bench, request, 0x29);
  CHECK(bench.fetches.size() == 0);
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-066 A zero-length read of the interrupt range is done without being translated",
          "[vtd][interrupt-range]") {
  RangeBench bench{GENERATE(false, true)};
  const auto result = bench.translate(read_of(0xFEE0'0000, device, 0));
  CHECK(result.outcome == iommu::Outcome::ignored);
  CHECK(result.status == CompletionStatus::successful);
  CHECK(bench.fetches.size() == 0);
  CHECK(bench.no_fault_recorded());
}

TEST_CASE("VTD-055 Without remapping the PASID of a request is not looked at", "[vtd][interrupt-range]") {
  RangeBench bench{false};
  CHECK(bench.translate(with_pasid(5, write_of(0xFEE0'0000))).outcome == iommu::Outcome::interrupt);
  CHECK(bench.translate(with_pasid(5, read_of(0xFEE0'0000, device, 0))).outcome == iommu::Outcome::ignored);
  const auto read = bench.translate(with_pasid(5, read_of(0xFEE0'0000)));
  CHECK(read.fault_reason == 0x29);
  CHECK(bench.registers.fault_record().get<FaultRecord::FR>() == 0x29);
  bench.registers.clear_fault_record();
  expect_translated(bench, with_pasid(5, read_of(0x1000)), PhysAddr{0x1000});
}

TEST_CASE("VTD-066 The interrupt range ends at 0xFEEF_FFFF and is 32 bits wide", "[vtd][interrupt-range]") {
  VtdBench bench;
  const std::uint64_t address = GENERATE(std::uint64_t{0xFEDF'FFFC}, 0xFEF0'0000U, 0x1'FEE0'0000U);
  expect_translated(bench, write_of(address), PhysAddr{address});
  expect_translated(bench, read_of(address), PhysAddr{address});
}
