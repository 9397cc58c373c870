// SPDX-License-Identifier: Apache-2.0
// The registers of the page request queue (VT-d sheet, 1.1, 1.10 and 1.16).
// Oracle: the specification's register map; offsets and masks are retyped from it.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

vtd::UnitConfig with_page_requests() {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.device_tlb = true;
  config.page_requests = true;
  return config;
}

}  // namespace

TEST_CASE("VTD-001 Reset masks the page request event and empties its queue", "[vtd][registers]") {
  const VtdBench bench{with_page_requests()};
  CHECK(bench.registers.read32(offset::pectl) == 0x8000'0000);
  CHECK(bench.registers.read32(offset::prs) == 0);
  for (const std::uint64_t at : {offset::pqh, offset::pqt, offset::pqa})
    CHECK(bench.registers.read64(at) == 0);
}

TEST_CASE("VTD-011 Page request registers of 64 bits may be written in two halves", "[vtd][registers]") {
  VtdBench bench{with_page_requests()};
  bench.registers.write32(offset::pqa, 0xFFFF'FFFF);
  bench.registers.write32(offset::pqa + 4, 0x1);
  CHECK(bench.registers.read64(offset::pqa) == 0x1'FFFF'F007);
  bench.registers.write64(offset::pqh, ~std::uint64_t{0});
  CHECK(bench.registers.read64(offset::pqh) == 0x7'FFE0);
  bench.registers.write64(offset::pqt, ~std::uint64_t{0});
  CHECK(bench.registers.read64(offset::pqt) == 0x7'FFE0);
}

TEST_CASE("VTD-014 PECTL.IP is read-only", "[vtd][registers]") {
  VtdBench bench{with_page_requests()};
  bench.registers.write32(offset::pectl, 0xFFFF'FFFF);
  CHECK(bench.registers.read32(offset::pectl) == event_control::im);
  CHECK(bench.messages.empty());
}

TEST_CASE("VTD-015 The message registers of page requests keep what they can carry", "[vtd][registers]") {
  VtdBench bench{with_page_requests()};
  for (const std::uint64_t at : {offset::pedata, offset::peaddr, offset::peuaddr})
    bench.registers.write32(at, 0xFFFF'FFFF);
  CHECK(bench.registers.read32(offset::pedata) == 0xFFFF);
  CHECK(bench.registers.read32(offset::peaddr) == 0xFFFF'FFFC);
  CHECK(bench.registers.read32(offset::peuaddr) == 0xFFFF'FFFF);
}

TEST_CASE("VTD-020 Without page requests their registers are not implemented", "[vtd][registers]") {
  VtdBench bench{vtd::scalable_mode_config()};
  for (std::uint64_t at = offset::pqh; at <= offset::peuaddr; at += 4) {
    bench.registers.write32(at, 0xFFFF'FFFF);
    CHECK(bench.registers.read32(at) == 0);
  }
}

TEST_CASE("VTD-020 FSTS has no bits for device TLBs that nothing can set", "[vtd][registers]") {
  VtdBench bench;
  bench.registers.write32(offset::fsts, 0xFFFF'FFFF);
  CHECK(bench.registers.fault_status() == 0);
}
