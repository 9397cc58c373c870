// SPDX-License-Identifier: Apache-2.0
// What the type of a domain makes of a device's requests. Oracle: docs/platform-format.md ("domains"), VT-d fault
// reasons 1 (root entry not present), 2 (context entry not present), 5 and 6, the bench platform's map.
#include "support/bench_platform.h"
#include "support/played_trace.h"
#include "traces/pattern.h"

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

TEST_CASE("DMA to an address that is not mapped faults and is a collision", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play("0ns nic0 write 0x7000_0000 64\n");
  CHECK(run.landing(0).kind == LandingKind::iommu_fault);
  CHECK(run.landing(0).fault_reason == 5);
  CHECK(run.name(run.landing(0).where) == "dmar0");
  CHECK(run.landing(0).status == CompletionStatus::none);
  CHECK(run.collisions(CollisionKind::translation_fault) == 1);
  REQUIRE(run.results().faults.size() == 1);
  CHECK(run.results().faults[0].count == 1);
}

TEST_CASE("A write to a page mapped for reading faults, and so does a read of a page mapped for writing", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns nic0 read  0x5000_0000 64
0ns nic0 write 0x5000_0000 64
0ns nic0 write 0x5000_1000 64
0ns nic0 read  0x5000_1000 64
)");
  CHECK(run.landing(0).address == bench::read_only);
  CHECK(run.landing(1).fault_reason == 5);
  CHECK(run.landing(2).address == bench::write_only);
  CHECK(run.landing(3).fault_reason == 6);
  CHECK(run.collisions(CollisionKind::translation_fault) == 2);
}

TEST_CASE("What a device in a blocked domain or in none sends is stopped, as intended", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns jailed0 read  0x1000 64
0ns jailed0 write 0x1000_0000 64
0ns stray0  read  0x1000 64
)");
  for (const Landed& landed : run.landed()) {
    CHECK(landed.landing.kind == LandingKind::iommu_fault);
    // Bus 0 has a root entry, since camera0 is in a domain.
    CHECK(landed.landing.fault_reason == 2);
  }
  CHECK(run.results().collisions_total == 0);
  CHECK(run.results().landed[static_cast<std::size_t>(LandingKind::iommu_fault)] == 3);
}

TEST_CASE("A device in an identity domain reaches memory at its physical address", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play("0ns camera0 write 0x2500_0040 64\n");
  CHECK(run.landing(0).kind == LandingKind::memory);
  CHECK(run.landing(0).address == 0x2500'0040);
  std::vector<unsigned char> expected(64);
  traces::fill_pattern(run.platform().id("camera0"), BusAddr{0x2500'0040}, expected.data(), 64);
  CHECK(run.memory(0x2500'0040, 64) == expected);
  CHECK(run.results().collisions_total == 0);
}

TEST_CASE("Where no memory is, a device in an identity domain falls into a hole", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play("0ns camera0 read 0x20_0000_0000 64\n");
  CHECK(run.landing(0).kind == LandingKind::rejected);
  CHECK(run.name(run.landing(0).where) == "system");
  CHECK(run.landing(0).status == CompletionStatus::unsupported_request);
  CHECK(run.collisions(CollisionKind::window_hole) == 1);
}

TEST_CASE("Registers and configuration space are no targets of DMA", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns camera0 write 0xfed9_0018 4
0ns camera0 write 0xb000_0004 4
)");
  for (const Landed& landed : run.landed()) {
    CHECK(landed.landing.kind == LandingKind::rejected);
    CHECK(landed.landing.rule->id == "system.not-a-dma-target");
  }
}

TEST_CASE("A peer's BAR that software maps is reached through the IOMMU, as intended", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play("0ns nic0 write 0x6000_0040 64\n");
  CHECK(run.landing(0).kind == LandingKind::peer);
  CHECK(run.name(run.landing(0).where) == "gpu0");
  CHECK(run.landing(0).bar == 0);
  CHECK(run.landing(0).bar_offset == 0x40);
  CHECK(run.results().collisions_total == 0);
  std::vector<unsigned char> expected(64);
  traces::fill_pattern(run.platform().id("nic0"), BusAddr{bench::peer_iova + 0x40}, expected.data(), 64);
  CHECK(run.bar("gpu0", 0, 0x40, 64) == expected);
}

TEST_CASE("A unit without device TLB support stops translated requests", "[replay]") {
  platforms::Description description = bench_platform();
  description.host_bridges[0].functions[0].children[0].children[0].children[0].ats = true;
  PlayedTrace run{std::move(description)};
  run.play("0ns nic0 write 0xffe0_0000 64 translated\n");
  CHECK(run.landing(0).kind == LandingKind::iommu_fault);
  CHECK(run.memory(bench::ring, 64) == std::vector<unsigned char>(64));
}
