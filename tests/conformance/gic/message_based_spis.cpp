// SPDX-License-Identifier: Apache-2.0
// SPIs that messages set at a GICv3 distributor. Oracle: the descriptions of GICD_SETSPI_NSR and GICD_CLRSPI_NSR.
#include "interrupts/gic/mbi.h"
#include "interrupts/gic/rules.h"
#include "support/doorbell_message.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;

namespace {

gic::MbiConfig two_ranges() {
  gic::MbiConfig config;
  config.ranges = {{64, 8}, {1000, 20}};
  config.level_sensitive = {{68, 4}};
  return config;
}

struct MbiBench {
  const Rule* send(std::uint64_t offset, std::uint32_t data, std::uint32_t size = 4) {
    gic::DoorbellRequest request = doorbell_message(BusAddr{mbi.base().value() + offset}, data);
    request.access.size = size;
    return ring_as_foreseen(mbi, request).rule;
  }
  const Rule* set(std::uint32_t intid) { return send(0x40, intid); }
  const Rule* clear(std::uint32_t intid) { return send(0x48, intid); }

  gic::DeliveryLog log;
  gic::MessageBasedInterrupts mbi{two_ranges(), log};
};

}  // namespace

TEST_CASE("GICD_SETSPI_NSR raises the SPIs of its ranges and no others", "[gic][mbi]") {
  MbiBench bench;
  for (const std::uint32_t intid : {64u, 67u, 1000u, 1019u})
    CHECK(bench.set(intid) == &rules::spi_raised);
  for (const std::uint32_t intid : {0u, 63u, 72u, 999u, 1020u, 8191u})
    CHECK(bench.set(intid) == &rules::spi_out_of_range);
  CHECK(bench.log.delivered() == 4);
  CHECK(bench.log.records().back().intid == 1019);
}

TEST_CASE("An edge-triggered SPI is raised by every message and has nothing to clear", "[gic][mbi]") {
  MbiBench bench;
  bench.set(64);
  bench.clear(64);
  bench.set(64);
  bench.set(64);
  CHECK(bench.log.delivered() == 3);
  CHECK_FALSE(bench.mbi.is_asserted(64));
}

TEST_CASE("A level-sensitive SPI stays asserted until GICD_CLRSPI_NSR", "[gic][mbi]") {
  MbiBench bench;
  CHECK(bench.set(68) == &rules::spi_raised);
  CHECK(bench.mbi.is_asserted(68));
  CHECK(bench.set(68) == &rules::spi_merged);
  CHECK(bench.clear(69) == &rules::spi_cleared);
  CHECK(bench.mbi.is_asserted(68));
  CHECK(bench.clear(68) == &rules::spi_cleared);
  CHECK_FALSE(bench.mbi.is_asserted(68));
  CHECK(bench.set(68) == &rules::spi_raised);
  CHECK(bench.log.delivered() == 2);
}

TEST_CASE("Secure registers and others of the distributor take no messages", "[gic][mbi]") {
  MbiBench bench;
  for (const std::uint64_t offset : {0x00u, 0x44u, 0x50u, 0x58u, 0x100u})
    CHECK(bench.send(offset, 64) == &rules::not_a_doorbell);
  CHECK(bench.send(0x40, 64, 8) == &rules::message_size);
  CHECK(bench.log.delivered() == 0);
}

TEST_CASE("GICD_TYPER.MBIS says whether messages can set SPIs", "[gic][mbi]") {
  MbiBench bench;
  CHECK((bench.mbi.read_register(0x4, 4) >> 16 & 1) == 1);
  gic::MbiConfig none;
  none.ranges.clear();
  CHECK((gic::MessageBasedInterrupts{none, bench.log}.read_register(0x4, 4) >> 16 & 1) == 0);
  bench.mbi.write_register(0x40, 4, 65);
  CHECK(bench.log.records().back().intid == 65);
}
