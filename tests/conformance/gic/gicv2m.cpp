// SPDX-License-Identifier: Apache-2.0
// A GICv2m frame. Oracle: its register descriptions.
#include "interrupts/gic/gicv2m.h"

#include "interrupts/gic/rules.h"
#include "support/doorbell_message.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;

namespace {

gic::Gicv2mConfig frame(unsigned first, unsigned count) {
  gic::Gicv2mConfig config;
  config.first_spi = first;
  config.spis = count;
  return config;
}

struct FrameBench {
  explicit FrameBench(unsigned first = 80, unsigned count = 64) : gicv2m{frame(first, count), log} {}

  const Rule* send(std::uint32_t data, RequesterId requester = RequesterId{}, std::uint32_t size = 4,
                   std::uint64_t offset = 0x40) {
    gic::DoorbellRequest request = doorbell_message(BusAddr{gicv2m.base().value() + offset}, data, requester);
    request.access.size = size;
    return ring_as_foreseen(gicv2m, request).rule;
  }

  gic::DeliveryLog log;
  gic::Gicv2m gicv2m;
};

}  // namespace

TEST_CASE("GIC-011 A write of an INTID of the frame raises that SPI, every time", "[gic][v2m]") {
  FrameBench bench;
  for (const std::uint32_t intid : {80u, 143u, 80u})
    CHECK(bench.send(intid) == &rules::spi_raised);
  REQUIRE(bench.log.delivered() == 3);
  CHECK(bench.log.records()[0].intid == 80);
  CHECK(bench.log.records()[1].intid == 143);
  CHECK(bench.log.records()[2].intid == 80);
}

TEST_CASE("GIC-011 Writes of other INTIDs are ignored", "[gic][v2m]") {
  FrameBench bench;
  for (const std::uint32_t intid : {0u, 32u, 79u, 144u, 1019u, 1023u})
    CHECK(bench.send(intid) == &rules::spi_out_of_range);
  CHECK(bench.log.delivered() == 0);
}

TEST_CASE("GIC-011 Only bits 9:0 of the data count, in writes of 2 and 4 bytes", "[gic][v2m]") {
  FrameBench bench;
  CHECK(bench.send(0xFFFF'FC00 | 100) == &rules::spi_raised);
  CHECK(bench.send(100, RequesterId{}, 2) == &rules::spi_raised);
  CHECK(bench.log.records().back().intid == 100);
  for (const std::uint32_t size : {1u, 3u, 8u})
    CHECK(bench.send(100, RequesterId{}, size) == &rules::message_size);
  CHECK(bench.send(100, RequesterId{}, 4, 0x44) == &rules::not_a_doorbell);
}

TEST_CASE("GIC-011 MSI_TYPER reports the first SPI and how many", "[gic][v2m]") {
  CHECK(FrameBench{80, 64}.gicv2m.read_register(0x008, 4) == (80u << 16 | 64));
  CHECK(FrameBench{32, 988}.gicv2m.read_register(0x008, 4) == (32u << 16 | 988));
  CHECK(FrameBench{}.gicv2m.read_register(0x040, 4) == 0);
  CHECK(FrameBench{}.gicv2m.read_register(0xFCC, 4) == 0);
}

TEST_CASE("GIC-012 Any device raises any SPI of the frame", "[gic][v2m]") {
  FrameBench bench;
  for (const RequesterId requester : {RequesterId{0}, RequesterId{0x10}, RequesterId{0x1234}, RequesterId{0xFFFF}})
    CHECK(bench.send(100, requester) == &rules::spi_raised);
  CHECK(bench.log.delivered() == 4);
}

TEST_CASE("A processor raises SPIs of the frame, too", "[gic][v2m]") {
  FrameBench bench;
  bench.gicv2m.write_register(0x040, 4, 81);
  bench.gicv2m.write_register(0x008, 4, 81);
  CHECK(bench.log.delivered() == 1);
}
