// SPDX-License-Identifier: Apache-2.0
// Device and collection tables, flat and of two levels, and their ends (GICv3 architecture, 5.2 and GITS_BASER<n>).
// Oracle: sizes and addresses computed here from the register fields.
#include "interrupts/gic/rules.h"
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
namespace rules = iommusim::gic::rules;
using gic::CommandError;

namespace {

constexpr std::uint64_t indirect = std::uint64_t{1} << 62;
constexpr PhysAddr level_2{0x180'0000};

/// As start(), with another GITS_BASER0.
struct TableBench : GicBench {
  explicit TableBench(std::uint64_t device_table_base, const gic::ItsConfig& config = {}) : GicBench{config} {
    start_redistributors();
    start_its();
    write(gits_at::ctlr, 0, 4);
    write(gits_at::baser0, device_table_base);
    write(gits_at::ctlr, 1, 4);
    submit({mapc(0, 0), mapc(1, 1)});
  }
  bool maps(std::uint32_t device) {
    map(device, 1, {8192});
    return send(device, 0).intid == 8192;
  }
};

}  // namespace

TEST_CASE("GIC-010 In a two-level device table an invalid level 1 entry drops the event", "[gic][its]") {
  TableBench bench{valid_bit | indirect | GicBench::device_table.value()};
  // 512 entries of 8 bytes per 4 KiB page: DeviceIDs 512 to 1023 have a page, the others none.
  bench.store64(GicBench::device_table + 8, valid_bit | level_2.value());
  CHECK(bench.maps(512));
  CHECK(bench.maps(1023));
  CHECK(bench.load64(level_2) >> 63 == 1);
  CHECK(bench.load64(level_2 + 511 * 8) >> 63 == 1);
  for (const std::uint32_t device : {0u, 511u, 1024u, 65535u}) {
    CAPTURE(device);
    CHECK(bench.drops(device, 0, rules::device_not_in_table));
    bench.submit({mapd(device, 1, 0x700'0000)});
    CHECK(bench.its.last_command_error() == CommandError::device_out_of_range);
    CHECK(bench.drops(device, 0, rules::device_not_in_table));
  }
  CHECK(bench.drops(513, 0, rules::device_unmapped));
}

TEST_CASE("GIC-010 Level 2 pages have the size of GITS_BASER", "[gic][its]") {
  const unsigned code = GENERATE(0u, 1u, 2u, 3u);
  const std::uint64_t page = code == 0 ? 0x1000 : code == 1 ? 0x4000 : 0x1'0000;
  TableBench bench{valid_bit | indirect | GicBench::device_table.value() | code << 8};
  const auto per_page = static_cast<std::uint32_t>(page / 8);
  bench.store64(GicBench::device_table, valid_bit | level_2.value());
  bench.store64(GicBench::device_table + 8, valid_bit | (level_2.value() + page));
  CHECK(bench.maps(per_page - 1));
  CHECK(bench.maps(per_page));
  CHECK(bench.load64(level_2 + (page - 8)) >> 63 == 1);
  CHECK(bench.load64(level_2 + page) >> 63 == 1);
}

TEST_CASE("A flat device table ends with its last page", "[gic][its]") {
  const unsigned pages = GENERATE(1u, 2u, 16u);
  TableBench bench{valid_bit | GicBench::device_table.value() | (pages - 1)};
  const std::uint32_t end = pages * 512;
  CHECK(bench.maps(end - 1));
  CHECK(bench.drops(end, 0, rules::device_not_in_table));
  bench.submit({mapd(end, 1, 0x700'0000)});
  CHECK(bench.its.last_command_error() == CommandError::device_out_of_range);
}

TEST_CASE("Entries stand as far apart as GITS_BASER.Entry_Size says", "[gic][its]") {
  gic::ItsConfig config;
  config.device_entry_size = 32;
  config.translation_entry_size = 12;
  TableBench bench{valid_bit | GicBench::device_table.value(), config};
  CHECK(bench.maps(127));
  CHECK(bench.load64(GicBench::device_table + 127 * 32) >> 63 == 1);
  CHECK(bench.drops(128, 0, rules::device_not_in_table));
  bench.submit({mapti(127, 1, 8193, 0)});
  CHECK(bench.load64(bench.table_of(127) + 12) == (valid_bit | 8193));
}

TEST_CASE("A device table that is not valid has no devices", "[gic][its]") {
  TableBench bench{GicBench::device_table.value()};
  CHECK(bench.drops(0, 0, rules::device_not_in_table));
}

TEST_CASE("With 64 KiB pages bits 15:12 of GITS_BASER are bits 51:48 of the address", "[gic][its]") {
  GicBench bench;
  bench.start_redistributors();
  bench.start_its();
  bench.write(gits_at::ctlr, 0, 4);
  bench.write(gits_at::baser0, valid_bit | GicBench::device_table.value() | 0xF000 | 2 << 8);
  bench.write(gits_at::ctlr, 1, 4);
  CHECK(bench.drops(0, 0, rules::table_unreadable));
}

TEST_CASE("Tables outside memory drop the event", "[gic][its]") {
  GicBench bench;
  bench.start();
  bench.map(0x10, 1, {8192});
  REQUIRE(bench.send(0x10, 0).intid == 8192);
  for (const PhysAddr table : {GicBench::device_table, bench.table_of(0x10), GicBench::collection_table}) {
    CAPTURE(table.value());
    bench.bus.fail_page(table);
    CHECK(bench.drops(0x10, 0, rules::table_unreadable));
    bench.bus.repair();
  }
  for (const PhysAddr table : {GicBench::pending + 1024, GicBench::properties}) {
    CAPTURE(table.value());
    bench.submit({inv(0x10, 0)});
    bench.bus.fail_page(table);
    bench.submit({invall(0)});
    CHECK(bench.drops(0x10, 0, rules::lpi_table_unreadable));
    bench.bus.repair();
  }
  CHECK(bench.send(0x10, 0).intid == 8192);
}

TEST_CASE("Collections that the ITS holds itself need no table", "[gic][its]") {
  gic::ItsConfig config;
  config.hardware_collections = 2;
  GicBench bench{config};
  bench.start_redistributors();
  bench.start_its();
  bench.write(gits_at::ctlr, 0, 4);
  bench.write(gits_at::baser1, 0);
  bench.write(gits_at::ctlr, 1, 4);
  bench.submit({mapc(0, 0), mapc(1, 1)});
  bench.map(0x10, 1, {8192});
  CHECK(bench.send(0x10, 0).processor == 0);
  bench.submit({movi(0x10, 0, 1)});
  CHECK(bench.send(0x10, 0).processor == 1);
  bench.submit({mapc(2, 0)});
  CHECK(bench.its.last_command_error() == CommandError::collection_out_of_range);
}

TEST_CASE("DeviceIDs and EventIDs may have 32 bits", "[gic][its]") {
  gic::ItsConfig config;
  config.device_bits = 32;
  config.event_bits = 32;
  TableBench bench{valid_bit | indirect | GicBench::device_table.value() | 2 << 8 | 63, config};
  // 2^19 level 1 entries of 2^13 DeviceIDs each.
  bench.store64(GicBench::device_table + 0x7'FFFF * 8, valid_bit | level_2.value());
  bench.submit({mapd(0xFFFF'FFFF, 32, 0x700'0000), mapti(0xFFFF'FFFF, 0x100'0000, 8192, 0)});
  bench.configure(8192, true);
  CHECK(bench.send(0xFFFF'FFFF, 0x100'0000).intid == 8192);
  CHECK(bench.drops(0xFFFF'FFFF, 0xFFFF'FFFF, rules::table_unreadable));
}
