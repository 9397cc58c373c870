// SPDX-License-Identifier: Apache-2.0
// LPIs at a redistributor: configuration, pending state, and when software's changes count (GICv3 architecture, 5.1).
// Oracle: the architecture's rules.
#include "interrupts/gic/rules.h"
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
using gic::DoorbellOutcome;

TEST_CASE("GIC-007 A disabled LPI becomes pending and is delivered once enabled and invalidated", "[gic][lpi]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.configure(8192, false);
  bench.submit({inv(0x10, 0)});
  const auto result = bench.send(0x10, 0);
  CHECK(result.outcome == DoorbellOutcome::pending);
  CHECK(result.rule == &rules::lpi_pending);
  CHECK(bench.is_pending(8192));
  CHECK(bench.delivered().empty());
  bench.configure(8192, true);
  CHECK(bench.delivered().empty());
  bench.submit({inv(0x10, 0)});
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8192});
  CHECK_FALSE(bench.is_pending(8192));
}

TEST_CASE("GIC-007 Without INV a kept configuration stays in force, both ways", "[gic][lpi]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  REQUIRE(bench.send(0x10, 0).outcome == DoorbellOutcome::delivered);
  bench.configure(8192, false);
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::delivered);
  bench.submit({inv(0x10, 0)});
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::pending);
  bench.configure(8192, true);
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::pending);
}

TEST_CASE("GIC-007 A redistributor that keeps no configurations needs no INV for what comes next", "[gic][lpi]") {
  gic::RedistributorConfig config;
  config.cached_configurations = 0;
  GicBench bench{{}, config};
  bench.start();
  bench.map(0x10, 1, {8192});
  REQUIRE(bench.send(0x10, 0).outcome == DoorbellOutcome::delivered);
  bench.configure(8192, false);
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::pending);
  bench.configure(8192, true);
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::delivered);
  CHECK_FALSE(bench.is_pending(8192));
}

TEST_CASE("GIC-007 A message for a pending LPI merges with it", "[gic][lpi]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.configure(8192, false);
  bench.submit({inv(0x10, 0)});
  bench.send(0x10, 0);
  CHECK(bench.send(0x10, 0).rule == &rules::lpi_merged);
  bench.configure(8192, true);
  bench.submit({inv(0x10, 0)});
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8192});
}

TEST_CASE("INVALL delivers what has been enabled, the highest priority first", "[gic][lpi]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 3, {8192, 8193, 30000, 65535});
  const std::vector<std::uint32_t> lpis{8192, 8193, 30000, 65535};
  for (const std::uint32_t intid : lpis)
    bench.configure(intid, false);
  bench.submit({invall(0)});
  for (std::uint32_t event = 0; event < 4; ++event)
    bench.send(0x10, event);
  bench.configure(8192, true, 0xC0);
  bench.configure(8193, false, 0x00);
  bench.configure(30000, true, 0x40);
  bench.configure(65535, true, 0x40);
  bench.submit({invall(0)});
  CHECK(bench.delivered() == std::vector<std::uint32_t>{30000, 65535, 8192});
  CHECK(bench.log.records().back().priority == 0xC0);
  CHECK(bench.is_pending(8193));
}

TEST_CASE("INV concerns one LPI, INVALL those of one redistributor", "[gic][lpi]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 2, {8192, 8193});
  bench.submit({movi(0x10, 1, 1)});
  bench.send(0x10, 0);
  bench.send(0x10, 1);
  bench.configure(8192, false);
  bench.configure(8193, false);
  bench.submit({inv(0x10, 0)});
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::pending);
  CHECK(bench.send(0x10, 1).outcome == DoorbellOutcome::delivered);
  bench.submit({invall(0)});
  CHECK(bench.send(0x10, 1).outcome == DoorbellOutcome::delivered);
  bench.submit({invall(1)});
  CHECK(bench.send(0x10, 1).outcome == DoorbellOutcome::pending);
}

TEST_CASE("While EnableLPIs is 0 LPIs are ignored", "[gic][lpi]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.write_redistributor(0, gicr_at::ctlr, 0, 4);
  CHECK(bench.drops(0x10, 0, rules::lpis_disabled));
  bench.write_redistributor(0, gicr_at::ctlr, 1, 4);
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::delivered);
}

TEST_CASE("Enabling LPIs takes over what the pending table has, unless PTZ says that it is zero", "[gic][lpi]") {
  const bool zero = GENERATE(false, true);
  GicBench bench;
  bench.start();
  bench.write_redistributor(0, gicr_at::ctlr, 0, 4);
  bench.store64(GicBench::pending + 1024, 0b101);
  bench.configure(8192, true);
  bench.configure(8194, false);
  bench.write_redistributor(0, gicr_at::pendbaser, GicBench::pending.value() | (zero ? std::uint64_t{1} << 62 : 0));
  bench.write_redistributor(0, gicr_at::ctlr, 1, 4);
  CHECK(bench.delivered() == (zero ? std::vector<std::uint32_t>{} : std::vector<std::uint32_t>{8192}));
  bench.configure(8194, true);
  bench.submit({invall(0)});
  CHECK(bench.delivered() == (zero ? std::vector<std::uint32_t>{} : std::vector<std::uint32_t>{8194}));
}

TEST_CASE("GICR_PROPBASER and GICR_PENDBASER keep their fields and hold still while LPIs are enabled", "[gic][lpi]") {
  GicBench bench;
  bench.write_redistributor(0, gicr_at::propbaser, ~std::uint64_t{0});
  CHECK(bench.read_redistributor(0, gicr_at::propbaser) == 0x070F'FFFF'FFFF'FF9F);
  bench.write_redistributor(0, gicr_at::pendbaser, ~std::uint64_t{0});
  CHECK(bench.read_redistributor(0, gicr_at::pendbaser) == 0x070F'FFFF'FFFF'0F80);
  bench.write_redistributor(0, gicr_at::ctlr, 1, 4);
  bench.write_redistributor(0, gicr_at::propbaser, 0);
  bench.write_redistributor(0, gicr_at::pendbaser, 0);
  CHECK(bench.read_redistributor(0, gicr_at::propbaser) != 0);
  CHECK(bench.read_redistributor(0, gicr_at::pendbaser) != 0);
}

TEST_CASE("GICR_TYPER numbers the processors and marks the last one", "[gic][lpi]") {
  gic::RedistributorConfig config;
  config.processors = 3;
  GicBench bench{{}, config};
  CHECK(bench.read_redistributor(0, gicr_at::typer) == 0x1);
  CHECK(bench.read_redistributor(1, gicr_at::typer) == (std::uint64_t{1} << 32 | 1 << 8 | 0x1));
  CHECK(bench.read_redistributor(2, gicr_at::typer) == (std::uint64_t{2} << 32 | 2 << 8 | 1 << 4 | 0x1));
  CHECK(bench.read_redistributor(3, gicr_at::typer) == 0);
  CHECK(bench.redistributors.size() == 3 * gicr_at::frame);
}
