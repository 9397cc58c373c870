// SPDX-License-Identifier: Apache-2.0
// Writes to GITS_TRANSLATER: what they deliver and why they are dropped (GICv3 architecture, 5.2).
// Oracle: the architecture's lookup, in its order.
#include "interrupts/gic/rules.h"
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
using gic::DoorbellOutcome;

TEST_CASE("GIC-001 A write of an EventID with a DeviceID sets exactly the LPI that MAPTI gave the two", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 2, {8192, 9000, 65535});
  bench.map(0x11, 2, {8500});
  const auto result = bench.send(0x10, 1);
  CHECK(result.outcome == DoorbellOutcome::delivered);
  CHECK(result.rule == &rules::lpi_delivered);
  CHECK(result.intid == 9000);
  CHECK(result.processor == 0);
  CHECK(result.priority == 0xA0);
  CHECK(result.status == CompletionStatus::none);
  CHECK(bench.delivered() == std::vector<std::uint32_t>{9000});
  bench.send(0x10, 0);
  bench.send(0x10, 2);
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8192, 65535});
}

TEST_CASE("GIC-002 A write of a DeviceID that no MAPD maps is accepted and does nothing", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  CHECK(bench.drops(0x11, 0, rules::device_unmapped));
  CHECK(bench.drops(0x0F, 0, rules::device_unmapped));
  CHECK(bench.drops(0x1'0010, 0, rules::device_out_of_range));
  CHECK(bench.drops(0xFFFF'FFFF, 0, rules::device_out_of_range));
}

TEST_CASE("GIC-002 A write of an EventID beyond the device's Size is accepted and does nothing", "[gic][its]") {
  GicBench bench;
  bench.start();
  const unsigned bits = GENERATE(1u, 2u, 5u, 16u);
  bench.map(0x10, bits, {8192});
  CHECK(bench.drops(0x10, (1u << bits) - 1, rules::event_unmapped));
  CHECK(bench.drops(0x10, 1u << bits, rules::event_out_of_range));
  CHECK(bench.drops(0x10, 0xFFFF'FFFF, rules::event_out_of_range));
}

TEST_CASE("GIC-002 A write of an EventID that no MAPTI maps is accepted and does nothing", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 3, {8192, 8193});
  CHECK(bench.drops(0x10, 2, rules::event_unmapped));
  CHECK(bench.drops(0x10, 7, rules::event_unmapped));
  CHECK(bench.send(0x10, 1).intid == 8193);
}

TEST_CASE("GIC-002 An event of a collection without redistributor is dropped", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.submit({mapti(0x10, 1, 8193, 7)});
  bench.configure(8193, true);
  CHECK(bench.drops(0x10, 1, rules::collection_unmapped));
  bench.submit({mapc(7, 1)});
  CHECK(bench.send(0x10, 1).processor == 1);
  bench.submit({unmapc(7)});
  CHECK(bench.drops(0x10, 1, rules::collection_unmapped));
}

TEST_CASE("GIC-003 The same EventID from two DeviceIDs is two independent LPIs", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.map(0x18, 1, {8300});
  CHECK(bench.send(0x10, 0).intid == 8192);
  CHECK(bench.send(0x18, 0).intid == 8300);
  bench.submit({discard(0x10, 0)});
  CHECK(bench.drops(0x10, 0, rules::event_unmapped));
  CHECK(bench.send(0x18, 0).intid == 8300);
}

TEST_CASE("GIC-008 While GITS_CTLR.Enabled is 0 writes are ignored", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.write(gits_at::ctlr, 0, 4);
  CHECK(bench.drops(0x10, 0, rules::its_disabled));
  bench.write(gits_at::ctlr, 1, 4);
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::delivered);
}

TEST_CASE("GIC-008 GITS_TRANSLATER reads 0 and ignores processors, which have no DeviceID", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0, 1, {8192});
  CHECK(bench.read(gits_at::translater, 4) == 0);
  bench.write(gits_at::translater, 0, 4);
  CHECK(bench.log.delivered() == 0);
}

TEST_CASE("GIC-002 INTIDs that the redistributor's IDbits exclude are dropped there", "[gic][its]") {
  GicBench bench;
  for (unsigned processor = 0; processor < 2; ++processor) {
    bench.write_redistributor(processor, gicr_at::propbaser, GicBench::properties.value() | 13);
    bench.write_redistributor(processor, gicr_at::pendbaser, GicBench::pending.value());
    bench.write_redistributor(processor, gicr_at::ctlr, 1, 4);
  }
  bench.start_its();
  bench.submit({mapc(0, 0)});
  bench.map(0x10, 2, {16383, 16384});
  CHECK(bench.send(0x10, 0).outcome == DoorbellOutcome::delivered);
  CHECK(bench.drops(0x10, 1, rules::lpi_out_of_range));
}

TEST_CASE("GIC-002 A translation entry that software has overwritten delivers nothing that is no LPI", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.store64(bench.table_of(0x10), valid_bit | 8191);
  CHECK(bench.drops(0x10, 0, rules::lpi_out_of_range));
  bench.store64(bench.table_of(0x10), valid_bit | 0xFFFF'FFFF);
  CHECK(bench.drops(0x10, 0, rules::lpi_out_of_range));
}
