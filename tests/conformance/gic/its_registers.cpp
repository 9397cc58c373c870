// SPDX-License-Identifier: Apache-2.0
// The registers of an ITS and their read-only parts (GICv3 architecture, 12.19).
// Oracle: the register descriptions.
#include "support/gic_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

TEST_CASE("GIC-017 GITS_BASER keeps what is written but its type and entry size", "[gic][its]") {
  GicBench bench;
  const std::uint64_t devices = std::uint64_t{1} << 56 | std::uint64_t{7} << 48;
  const std::uint64_t collections = std::uint64_t{4} << 56 | std::uint64_t{7} << 48;
  CHECK(bench.read(gits_at::baser0) == devices);
  CHECK(bench.read(gits_at::baser1) == collections);
  // Valid, Indirect, caches, address, shareability, 64 KiB pages, 8 of them.
  const std::uint64_t written = 0xF8E0'1234'5678'9607;
  bench.write(gits_at::baser0, written);
  CHECK(bench.read(gits_at::baser0) == ((written & ~0x071F'0000'0000'0000) | devices));
  bench.write(gits_at::baser1, written);
  CHECK(bench.read(gits_at::baser1) == ((written & ~0x471F'0000'0000'0000) | collections));
}

TEST_CASE("GIC-017 A fixed page size, and Indirect without two-level tables, read back as they are", "[gic][its]") {
  gic::ItsConfig config;
  config.table_page = gic::TablePage::kib_16;
  config.indirect_device_table = false;
  config.device_entry_size = 32;
  GicBench bench{config};
  for (const std::uint64_t page : {0u, 1u, 2u, 3u}) {
    bench.write(gits_at::baser0, valid_bit | std::uint64_t{1} << 62 | page << 8 | 5);
    CHECK(bench.read(gits_at::baser0) == (valid_bit | std::uint64_t{1} << 56 | std::uint64_t{31} << 48 | 1 << 8 | 5));
  }
}

TEST_CASE("GIC-017 GITS_BASER<n> that no table has read 0 and ignore writes", "[gic][its]") {
  GicBench bench;
  for (std::uint64_t n = 2; n < 8; ++n) {
    bench.write(gits_at::baser0 + 8 * n, ~std::uint64_t{0});
    CHECK(bench.read(gits_at::baser0 + 8 * n) == 0);
  }
}

TEST_CASE("GIC-017 Tables and queue cannot be changed while the ITS is enabled", "[gic][its]") {
  GicBench bench;
  bench.start_its();
  const auto baser = bench.read(gits_at::baser0);
  const auto cbaser = bench.read(gits_at::cbaser);
  bench.write(gits_at::baser0, 0);
  bench.write(gits_at::cbaser, 0);
  CHECK(bench.read(gits_at::baser0) == baser);
  CHECK(bench.read(gits_at::cbaser) == cbaser);
}

TEST_CASE("GIC-017 GITS_CBASER keeps its fields and has no others", "[gic][its]") {
  GicBench bench;
  bench.write(gits_at::cbaser, ~std::uint64_t{0});
  CHECK(bench.read(gits_at::cbaser) == 0xB8EF'FFFF'FFFF'FCFF);
}

TEST_CASE("64-bit registers of an ITS may be written and read in halves", "[gic][its]") {
  GicBench bench;
  bench.write(gits_at::cbaser, 0x1234'5407, 4);
  bench.write(gits_at::cbaser + 4, 0x8000'0005, 4);
  CHECK(bench.read(gits_at::cbaser) == 0x8000'0005'1234'5407);
  CHECK(bench.read(gits_at::cbaser, 4) == 0x1234'5407);
  CHECK(bench.read(gits_at::cbaser + 4, 4) == 0x8000'0005);
  bench.write(gits_at::baser0 + 4, 0x8000'0001, 4);
  CHECK(bench.read(gits_at::baser0 + 4, 4) == 0x8107'0001);
}

TEST_CASE("GITS_TYPER says what the ITS is built as", "[gic][its]") {
  gic::ItsConfig config;
  config.device_bits = 20;
  config.event_bits = 11;
  config.collection_bits = 9;
  config.hardware_collections = 17;
  config.translation_entry_size = 12;
  config.physical_targets = true;
  GicBench bench{config};
  const std::uint64_t expected =
      std::uint64_t{1} << 36 | std::uint64_t{8} << 32 | 17u << 24 | 1u << 19 | 19u << 13 | 10u << 8 | 11u << 4 | 1u;
  CHECK(bench.read(gits_at::typer) == expected);
  bench.write(gits_at::typer, 0);
  CHECK(bench.read(gits_at::typer) == expected);
}

TEST_CASE("GITS_CTLR is quiescent exactly while it is disabled", "[gic][its]") {
  GicBench bench;
  CHECK(bench.read(gits_at::ctlr, 4) == 0x8000'0000);
  bench.write(gits_at::ctlr, 0xFFFF'FFFF, 4);
  CHECK(bench.read(gits_at::ctlr, 4) == 1);
  bench.write(gits_at::ctlr, 0, 4);
  CHECK(bench.read(gits_at::ctlr, 4) == 0x8000'0000);
}

TEST_CASE("PIDR2.ArchRev says 3, or 4 where the ITS is built so", "[gic][its]") {
  CHECK((GicBench{}.read(gits_at::pidr2, 4) >> 4 & 0xF) == 3);
  gic::ItsConfig config;
  config.architecture = 4;
  CHECK((GicBench{config}.read(gits_at::pidr2, 4) >> 4 & 0xF) == 4);
  CHECK(GicBench{}.read(0xFFF0, 4) == 0x0D);
}

TEST_CASE("Misaligned and odd accesses, and offsets without register, read 0 and write nothing", "[gic][its]") {
  GicBench bench;
  for (const unsigned width : {1u, 2u, 3u, 16u}) {
    CHECK(bench.read(gits_at::typer, width) == 0);
    bench.write(gits_at::ctlr, 1, width);
  }
  CHECK(bench.read(gits_at::typer + 4, 8) == 0);
  bench.write(gits_at::cwriter + 4, ~std::uint64_t{0}, 8);
  CHECK(bench.read(gits_at::cwriter) == 0);
  CHECK(bench.read(gits_at::ctlr, 4) == 0x8000'0000);
  for (std::uint64_t offset = 0; offset < 0x2'0000; offset += 8)
    if (offset > 0x140 && offset < 0xFFD0) CHECK(bench.read(offset) == 0);
}
