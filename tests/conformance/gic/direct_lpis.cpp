// SPDX-License-Identifier: Apache-2.0
// LPIs set by register writes, without an ITS (GICv3 architecture, GICR_TYPER.DirectLPI).
// Oracle: the register descriptions.
#include "interrupts/gic/rules.h"
#include "support/doorbell_message.h"
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
using gic::DoorbellOutcome;

namespace {

struct DirectBench : GicBench {
  explicit DirectBench(bool direct = true) : GicBench{{}, config(direct)} { start_redistributors(); }
  static gic::RedistributorConfig config(bool direct) {
    gic::RedistributorConfig result;
    result.direct_lpi = direct;
    return result;
  }
  gic::DoorbellRequest message(unsigned processor, std::uint64_t offset, std::uint32_t intid) const {
    return doorbell_message(BusAddr{redistributors.base().value() + processor * gicr_at::frame + offset}, intid);
  }
};

}  // namespace

TEST_CASE("A write to GICR_SETLPIR sets the LPI, by whomever it is made", "[gic][lpi]") {
  DirectBench bench;
  CHECK((bench.read_redistributor(0, gicr_at::typer) & 8) != 0);
  bench.configure(8192, true);
  bench.write_redistributor(1, gicr_at::setlpir, 8192);
  CHECK(bench.delivered(1) == std::vector<std::uint32_t>{8192});
  const auto request = bench.message(0, gicr_at::setlpir, 8192);
  CHECK(bench.redistributors.decide(request).outcome == DoorbellOutcome::delivered);
  CHECK(bench.redistributors.ring(request).processor == 0);
  CHECK(bench.delivered(0) == std::vector<std::uint32_t>{8192});
}

TEST_CASE("GICR_CLRLPIR, GICR_INVLPIR and GICR_INVALLR do what CLEAR, INV and INVALL do", "[gic][lpi]") {
  DirectBench bench;
  for (const std::uint32_t intid : {8192, 8193, 8194})
    bench.write_redistributor(0, gicr_at::setlpir, intid);
  REQUIRE(bench.is_pending(8192));
  bench.write_redistributor(0, gicr_at::clrlpir, 8192);
  CHECK_FALSE(bench.is_pending(8192));
  CHECK(bench.redistributors.ring(bench.message(0, gicr_at::clrlpir, 8193)).rule == &rules::lpi_cleared);
  CHECK_FALSE(bench.is_pending(8193));
  bench.configure(8194, true);
  bench.write_redistributor(0, gicr_at::invlpir, 8194);
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8194});
  bench.write_redistributor(0, gicr_at::setlpir, 8192);
  bench.configure(8192, true);
  bench.write_redistributor(0, gicr_at::invallr, 0);
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8192});
  CHECK(bench.read_redistributor(0, gicr_at::syncr) == 0);
}

TEST_CASE("Without DirectLPI none of these registers is there", "[gic][lpi]") {
  DirectBench bench{false};
  bench.configure(8192, true);
  bench.write_redistributor(0, gicr_at::setlpir, 8192);
  CHECK(bench.redistributors.ring(bench.message(0, gicr_at::setlpir, 8192)).rule == &rules::not_a_doorbell);
  CHECK(bench.log.delivered() == 0);
}

TEST_CASE("GICR_SETLPIR ignores INTIDs that are no LPIs", "[gic][lpi]") {
  DirectBench bench;
  for (const std::uint32_t intid : {0u, 8191u, 65536u, 0xFFFF'FFFFu}) {
    CAPTURE(intid);
    CHECK(bench.redistributors.ring(bench.message(0, gicr_at::setlpir, intid)).rule == &rules::lpi_out_of_range);
  }
  CHECK(bench.log.delivered() == 0);
}
