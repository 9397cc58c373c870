// SPDX-License-Identifier: Apache-2.0
// Protected memory regions (VT-d sheet, 1.13 and 3.1 step 3).
// Oracle: the specification's rules; the granularity is discovered as software does it.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint32_t enable_protection = 0x8000'0000;
constexpr std::uint32_t protection_status = 1;
constexpr std::uint64_t low_base = 0x4000'0000, low_limit = 0x47FF'FFFF;
constexpr std::uint64_t high_base = 0x2'4000'0000, high_limit = 0x2'47FF'FFFF;

vtd::UnitConfig protecting() {
  vtd::UnitConfig config;
  config.protected_low_memory = true;
  config.protected_high_memory = true;
  return config;
}

/// Both regions programmed, protection off.
struct ProtectedBench : VtdBench {
  ProtectedBench() : VtdBench{protecting()} {
    registers.write32(offset::plmbase, static_cast<std::uint32_t>(low_base));
    registers.write32(offset::plmlimit, static_cast<std::uint32_t>(low_limit));
    registers.write64(offset::phmbase, high_base);
    registers.write64(offset::phmlimit, high_limit);
  }
};

/// Bytes that one step of a base register means.
std::uint64_t granularity(VtdBench& bench) {
  bench.registers.write32(offset::plmbase, 0xFFFF'FFFF);
  return std::uint64_t{~bench.registers.read32(offset::plmbase)} + 1;
}

void expect_silently_blocked(VtdBench& bench, const iommu::TranslationRequest& request) {
  INFO("address " << request.address.value());
  const auto result = bench.translate(request);
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK_FALSE(result.fault_recorded);
  CHECK(bench.no_fault_recorded());
}

}  // namespace

TEST_CASE("VTD-018 Without protected regions PMEN reads 0", "[vtd][protected-memory]") {
  VtdBench bench;
  bench.registers.write32(offset::pmen, enable_protection);
  CHECK(bench.registers.read32(offset::pmen) == 0);
}

TEST_CASE("VTD-019 PMEN.PRS follows EPM", "[vtd][protected-memory]") {
  vtd::UnitConfig config;
  config.protected_low_memory = true;
  VtdBench bench{config};
  bench.registers.write32(offset::pmen, enable_protection);
  CHECK(bench.registers.read32(offset::pmen) == (enable_protection | protection_status));
  bench.registers.write32(offset::pmen, protection_status);
  CHECK(bench.registers.read32(offset::pmen) == 0);
}

TEST_CASE("VTD-108 With EPM and without TE, DMA to a protected region is blocked without a record",
          "[vtd][protected-memory]") {
  ProtectedBench bench;
  bench.registers.write32(offset::pmen, enable_protection);
  for (const std::uint64_t address : {low_base, low_limit - 3, high_base, high_limit - 3}) {
    expect_silently_blocked(bench, read_of(address));
    expect_silently_blocked(bench, write_of(address));
  }
  for (const std::uint64_t address : {low_base - 4, low_limit + 1, high_base - 4, high_limit + 1})
    expect_translated(bench, write_of(address), PhysAddr{address});
}

TEST_CASE("VTD-108 Without EPM the regions protect nothing", "[vtd][protected-memory]") {
  ProtectedBench bench;
  expect_translated(bench, write_of(low_base), PhysAddr{low_base});
  bench.registers.write32(offset::pmen, enable_protection);
  bench.registers.write32(offset::pmen, 0);
  expect_translated(bench, write_of(high_base), PhysAddr{high_base});
}

TEST_CASE("VTD-108 A limit below its base protects nothing", "[vtd][protected-memory]") {
  ProtectedBench bench;
  bench.registers.write32(offset::plmlimit, 0);
  bench.registers.write32(offset::pmen, enable_protection);
  expect_translated(bench, write_of(low_base), PhysAddr{low_base});
}

TEST_CASE("VTD-108 The low bits of a limit count as ones", "[vtd][protected-memory]") {
  VtdBench bench{protecting()};
  const std::uint64_t step = granularity(bench);
  REQUIRE(is_power_of_two(step));
  bench.registers.write32(offset::plmbase, static_cast<std::uint32_t>(low_base));
  bench.registers.write32(offset::plmlimit, static_cast<std::uint32_t>(low_base));
  bench.registers.write32(offset::pmen, enable_protection);
  expect_silently_blocked(bench, write_of(low_base + step - 4));
  expect_translated(bench, write_of(low_base + step), PhysAddr{low_base + step});
}

TEST_CASE("VTD-108 The unit fetches its own tables from a protected region", "[vtd][protected-memory]") {
  ProtectedBench bench;
  VtdTables tables{bench.memory, PhysAddr{low_base}};
  const Domain domain = tables.new_domain(4);
  tables.attach(device, domain);
  tables.map(domain, Iova{0x5000}, PhysAddr{0x6000});
  bench.registers.write32(offset::pmen, enable_protection);
  bench.registers.set_root(tables.root());
  bench.registers.command(global::te);
  expect_translated(bench, read_of(0x5008), PhysAddr{0x6008});
}

TEST_CASE("VTD-108 With EPM and TE, pass-through into a protected region is blocked without a record",
          "[vtd][protected-memory]") {
  ProtectedBench bench;
  bench.tables.attach_pass_through(device, 1, 4);
  bench.enable_translation();
  expect_translated(bench, write_of(low_base), PhysAddr{low_base});
  bench.registers.write32(offset::pmen, enable_protection);
  expect_silently_blocked(bench, write_of(low_base));
  expect_translated(bench, write_of(low_base - 4), PhysAddr{low_base - 4});
}
