// SPDX-License-Identifier: Apache-2.0
// The commands of an ITS, one by one (GICv3 architecture, 5.3), and those that have no effect (5.5).
// Oracle: the architecture's command descriptions.
#include "interrupts/gic/rules.h"
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
using gic::CommandError;
using gic::DoorbellOutcome;

namespace {

/// The command fails with `error`, changes no memory but the queue's, and the queue goes on.
bool fails(GicBench& bench, const CommandWords& command, CommandError error) {
  const std::uint64_t errors = bench.its.command_errors();
  bench.put(bench.tail, command);
  const std::uint64_t before = bench.memory.digest();
  bench.submit({command});
  return bench.its.command_errors() == errors + 1 && bench.its.last_command_error() == error &&
         bench.memory.digest() == before && bench.read(gits_at::creadr) == bench.tail;
}

}  // namespace

TEST_CASE("GIC-004 DISCARD stops an event and ends its pending state", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 2, {8192, 8193});
  bench.configure(8192, false);
  bench.submit({inv(0x10, 0)});
  REQUIRE(bench.send(0x10, 0).outcome == DoorbellOutcome::pending);
  bench.submit({discard(0x10, 0), sync(0)});
  CHECK_FALSE(bench.is_pending(8192));
  CHECK(bench.drops(0x10, 0, rules::event_unmapped));
  CHECK(bench.send(0x10, 1).intid == 8193);
}

TEST_CASE("GIC-004 MAPD with V=0 stops every event of the device", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 2, {8192, 8193});
  bench.map(0x11, 2, {8194});
  bench.submit({unmapd(0x10)});
  CHECK(bench.drops(0x10, 0, rules::device_unmapped));
  CHECK(bench.drops(0x10, 1, rules::device_unmapped));
  CHECK(bench.send(0x11, 0).intid == 8194);
}

TEST_CASE("GIC-004 A second MAPD replaces the first with its events", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  bench.submit({mapd(0x10, 3, 0x700'0000)});
  CHECK(bench.drops(0x10, 0, rules::event_unmapped));
  bench.submit({mapti(0x10, 5, 8195, 0)});
  bench.configure(8195, true);
  CHECK(bench.send(0x10, 5).intid == 8195);
}

TEST_CASE("GIC-005 MAPI makes the INTID equal to the EventID", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.submit({mapd(0x10, 16, 0x700'0000), mapi(0x10, 8192, 0), mapi(0x10, 65535, 1)});
  bench.configure(8192, true);
  bench.configure(65535, true);
  CHECK(bench.send(0x10, 8192).intid == 8192);
  CHECK(bench.send(0x10, 65535).intid == 65535);
  CHECK(bench.delivered(1) == std::vector<std::uint32_t>{65535});
}

TEST_CASE("GIC-005 MAPI of an EventID below 8192 has no effect", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.submit({mapd(0x10, 16, 0x700'0000)});
  CHECK(fails(bench, mapi(0x10, 8191, 0), CommandError::interrupt_out_of_range));
  CHECK(fails(bench, mapi(0x10, 0, 0), CommandError::interrupt_out_of_range));
  CHECK(bench.drops(0x10, 8191, rules::event_unmapped));
}

TEST_CASE("GIC-006 MOVI changes the target redistributor and takes the pending state along", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  CHECK(bench.send(0x10, 0).processor == 0);
  bench.submit({movi(0x10, 0, 1), sync(1)});
  CHECK(bench.send(0x10, 0).processor == 1);
  bench.configure(8192, false);
  bench.submit({inv(0x10, 0)});
  bench.send(0x10, 0);
  REQUIRE(bench.is_pending(8192, 1));
  bench.submit({movi(0x10, 0, 0), sync(0)});
  CHECK(bench.is_pending(8192, 0));
  CHECK_FALSE(bench.is_pending(8192, 1));
}

TEST_CASE("MOVI to a collection without redistributor has no effect", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  CHECK(fails(bench, movi(0x10, 0, 5), CommandError::unmapped_collection));
  CHECK(bench.send(0x10, 0).processor == 0);
}

TEST_CASE("INT does what a message does, and CLEAR takes a pending one back", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 2, {8192, 8193});
  bench.submit({int_of(0x10, 0), sync(0)});
  CHECK(bench.delivered() == std::vector<std::uint32_t>{8192});
  bench.configure(8193, false);
  bench.submit({inv(0x10, 1), int_of(0x10, 1)});
  REQUIRE(bench.is_pending(8193));
  bench.submit({clear(0x10, 1)});
  CHECK_FALSE(bench.is_pending(8193));
  bench.configure(8193, true);
  bench.submit({inv(0x10, 1)});
  CHECK(bench.delivered().empty());
}

TEST_CASE("MOVALL moves every pending LPI and leaves what comes later", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 3, {8192, 8200, 60000});
  for (const std::uint32_t intid : {8192, 8200, 60000})
    bench.configure(intid, false);
  bench.submit({invall(0)});
  for (std::uint32_t event = 0; event < 3; ++event)
    bench.send(0x10, event);
  bench.submit({movall(0, 1), sync(1)});
  for (const std::uint32_t intid : {8192, 8200, 60000}) {
    CHECK_FALSE(bench.is_pending(intid, 0));
    CHECK(bench.is_pending(intid, 1));
  }
  CHECK(bench.send(0x10, 1).processor == 0);
}

TEST_CASE("GIC-016 MAPD with an EventID width beyond ID_bits has no effect", "[gic][its]") {
  gic::ItsConfig config;
  config.event_bits = 5;
  GicBench bench{config};
  bench.start();
  CHECK(fails(bench, mapd(0x10, 6, 0x700'0000), CommandError::size_or_target_out_of_range));
  CHECK(bench.drops(0x10, 0, rules::device_unmapped));
  bench.map(0x10, 5, {8192});
  CHECK(bench.send(0x10, 0).intid == 8192);
}

TEST_CASE("GIC-016 MAPTI with an EventID beyond the device's, or a collection beyond CIDbits, has no effect",
          "[gic][its]") {
  gic::ItsConfig config;
  config.collection_bits = 4;
  GicBench bench{config};
  bench.start();
  bench.submit({mapd(0x10, 2, 0x700'0000)});
  CHECK(fails(bench, mapti(0x10, 4, 8192, 0), CommandError::event_out_of_range));
  CHECK(fails(bench, mapti(0x10, 0, 8192, 16), CommandError::collection_out_of_range));
  CHECK(fails(bench, mapc(16, 0), CommandError::collection_out_of_range));
  CHECK(fails(bench, invall(16), CommandError::collection_out_of_range));
  CHECK(bench.drops(0x10, 0, rules::event_unmapped));
  bench.submit({mapc(15, 1), mapti(0x10, 3, 8192, 15)});
  bench.configure(8192, true);
  CHECK(bench.send(0x10, 3).processor == 1);
}

TEST_CASE("GIC-016 MAPTI of an INTID that is no LPI of the GIC has no effect", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.submit({mapd(0x10, 2, 0x700'0000)});
  for (const std::uint32_t intid : {0u, 32u, 8191u, 0x1'0000u, 0xFFFF'FFFFu}) {
    CAPTURE(intid);
    CHECK(fails(bench, mapti(0x10, 0, intid, 0), CommandError::interrupt_out_of_range));
  }
}

TEST_CASE("Commands on what is not mapped have no effect", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.submit({mapd(0x10, 2, 0x700'0000)});
  for (const unsigned opcode : {0x03u, 0x04u, 0x0Cu, 0x0Fu}) {
    CAPTURE(opcode);
    CHECK(fails(bench, on_event(opcode, 0x11, 0), CommandError::unmapped_device));
    CHECK(fails(bench, on_event(opcode, 0x1'0000, 0), CommandError::device_out_of_range));
    CHECK(fails(bench, on_event(opcode, 0x10, 0), CommandError::unmapped_interrupt));
    CHECK(fails(bench, on_event(opcode, 0x10, 4), CommandError::event_out_of_range));
  }
  CHECK(fails(bench, mapti(0x11, 0, 8192, 0), CommandError::unmapped_device));
  CHECK(fails(bench, movi(0x10, 0, 1), CommandError::unmapped_interrupt));
  CHECK(fails(bench, invall(9), CommandError::unmapped_collection));
  CHECK(fails(bench, mapc(9, 2), CommandError::size_or_target_out_of_range));
  CHECK(fails(bench, movall(0, 2), CommandError::size_or_target_out_of_range));
  CHECK(fails(bench, movall(7, 0), CommandError::size_or_target_out_of_range));
}

TEST_CASE("An ITS without Virtual refuses the commands of GICv4, and every ITS unknown ones", "[gic][its]") {
  GicBench bench;
  bench.start();
  REQUIRE((bench.read(gits_at::typer) & 2) == 0);
  const std::vector<unsigned> physical{0x01, 0x03, 0x04, 0x05, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F};
  const std::vector<unsigned> version_4{0x21, 0x22, 0x23, 0x25, 0x29, 0x2A, 0x2B, 0x2D, 0x2E};
  for (unsigned opcode = 0; opcode < 0x100; ++opcode) {
    CAPTURE(opcode);
    if (std::count(physical.begin(), physical.end(), opcode) != 0) continue;
    const bool is_virtual = std::count(version_4.begin(), version_4.end(), opcode) != 0;
    CHECK(fails(bench, {opcode, 0, 0, 0}, is_virtual ? CommandError::virtual_command : CommandError::unknown_command));
  }
}

TEST_CASE("GIC-018 Two collections may be mapped to one redistributor", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.submit({mapc(4, 1), mapc(5, 1)});
  bench.map(0x10, 2, {8192, 8193});
  bench.submit({movi(0x10, 0, 4), movi(0x10, 1, 5)});
  CHECK(bench.send(0x10, 0).processor == 1);
  CHECK(bench.send(0x10, 1).processor == 1);
  bench.submit({unmapc(4)});
  CHECK(bench.drops(0x10, 0, rules::collection_unmapped));
  CHECK(bench.send(0x10, 1).processor == 1);
}

TEST_CASE("With PTA commands name redistributors by the address of their frame", "[gic][its]") {
  gic::ItsConfig config;
  config.physical_targets = true;
  GicBench bench{config};
  bench.start_redistributors();
  bench.start_its();
  const std::uint64_t frame = bench.redistributors.config().register_base.value() >> 16;
  bench.submit({mapc(0, frame + 2)});
  bench.map(0x10, 1, {8192});
  CHECK(bench.send(0x10, 0).processor == 1);
  for (const std::uint64_t wrong : {std::uint64_t{0}, std::uint64_t{1}, frame + 1, frame + 4, frame - 2}) {
    CAPTURE(wrong);
    CHECK(fails(bench, mapc(3, wrong), CommandError::size_or_target_out_of_range));
  }
}
