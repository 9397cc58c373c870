// SPDX-License-Identifier: Apache-2.0
// GCMD and GSTS, and when a new root pointer counts (VT-d sheet, 1.5 and 1.6).
// Oracle: the specification's rules.
#include "support/vtd_bench.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t page = 0x1234'5000;
constexpr PhysAddr old_target{0x1'0000'0000};
constexpr PhysAddr new_target{0x2'0000'0000};

/// Two complete sets of tables that map `page` to different targets.
struct TwoRoots {
  VtdBench bench;
  VtdTables second{bench.memory, PhysAddr{0x80'0000}};

  TwoRoots() {
    const Domain domain = bench.start();
    bench.tables.map(domain, Iova{page}, old_target);
    const Domain new_domain = second.new_domain(4);
    second.attach(device, new_domain);
    second.map(new_domain, Iova{page}, new_target);
  }
};

std::uint32_t status(const VtdBench& bench) {
  return bench.registers.read32(offset::gsts);
}

}  // namespace

TEST_CASE("VTD-005 RTADDR without SRTP leaves the latched root table in use", "[vtd][registers]") {
  TwoRoots roots;
  expect_translated(roots.bench, read_of(page), old_target);
  roots.bench.registers.write64(offset::rtaddr, roots.second.root().value());
  roots.bench.registers.invalidate_everything();
  expect_translated(roots.bench, read_of(page), old_target);
  CHECK(roots.bench.registers.read64(offset::rtaddr) == roots.second.root().value());
}

TEST_CASE("VTD-006 SRTP sets RTPS and the next request uses the new root table", "[vtd][registers]") {
  TwoRoots roots;
  expect_translated(roots.bench, read_of(page), old_target);
  roots.bench.registers.set_root(roots.second.root());
  CHECK((status(roots.bench) & global::srtp) != 0);
  roots.bench.registers.invalidate_everything();
  expect_translated(roots.bench, read_of(page), new_target);
}

TEST_CASE("VTD-006 SRTP latches the table mode: one that is not supported faults with 0x30", "[vtd][registers]") {
  TwoRoots roots;
  const unsigned mode = GENERATE(1U, 2U, 3U);
  roots.bench.registers.set_root(roots.second.root(), mode);
  expect_fault(roots.bench, read_of(page), 0x30);
}

TEST_CASE("VTD-007 TE follows its level and RTPS stays", "[vtd][registers]") {
  VtdBench bench;
  bench.registers.set_root(bench.tables.root());
  CHECK(status(bench) == global::srtp);
  bench.registers.command(global::te);
  CHECK(status(bench) == (global::te | global::srtp));
  bench.registers.withdraw(global::te);
  CHECK(status(bench) == global::srtp);
}

TEST_CASE("VTD-008 A one-shot command beside repeated levels changes no other status bit", "[vtd][registers]") {
  VtdBench bench;
  bench.queue.enable();
  bench.enable_translation();
  const std::uint32_t before = status(bench);
  REQUIRE(before == (global::te | global::srtp | global::qie));
  bench.registers.command(global::sirtp);
  CHECK((status(bench) & ~global::sirtp) == before);
  bench.registers.command(global::srtp);
  CHECK((status(bench) & ~global::sirtp) == before);
}

TEST_CASE("VTD-009 WBFS stays 0 without RWBF and returns to 0 by itself with it", "[vtd][registers]") {
  vtd::UnitConfig config;
  config.write_buffer_flush = GENERATE(false, true);
  VtdBench bench{config};
  bench.enable_translation();
  bench.registers.command(global::wbf);
  int reads = 0;
  const int patience = config.write_buffer_flush ? 1000 : 1;
  while (reads < patience && (status(bench) & global::wbf) != 0)
    ++reads;
  CHECK(status(bench) == (global::te | global::srtp));
}

TEST_CASE("VTD-010 CFIS follows CFI", "[vtd][registers]") {
  VtdBench bench;
  bench.registers.command(global::cfi);
  CHECK(status(bench) == global::cfi);
  bench.registers.withdraw(global::cfi);
  CHECK(status(bench) == 0);
}
