// SPDX-License-Identifier: Apache-2.0
// What software does in the middle of a trace. Oracle: docs/trace-format.md for the operations, the table of collision
// kinds in the design for their names, the bench platform's map, VT-d fault reasons 5 (write) and 6 (read).
#include "support/bench_platform.h"
#include "support/played_trace.h"

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

namespace {

void check_memory(const Landing& landing, std::uint64_t address) {
  CHECK(landing.kind == LandingKind::memory);
  CHECK(landing.address == address);
}

void check_fault(const Landing& landing, unsigned reason) {
  CHECK(landing.kind == LandingKind::iommu_fault);
  CHECK(landing.fault_reason == reason);
}

}  // namespace

TEST_CASE("After an unmap without invalidation a cached page is still reached, until the invalidation", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns  nic0 read  0xffe0_0000 64
+1us nic0 unmap 0xffe0_0000 2MiB no-invalidate
+1us nic0 read  0xffe0_0000 64
+1us nic0 invalidate 0xffe0_0000 2MiB
+1us nic0 read  0xffe0_0000 64
)");
  check_memory(run.landing(0), bench::ring);
  check_memory(run.landing(1), bench::ring);
  CHECK(run.landing(1).from_cache);
  check_fault(run.landing(2), 6);
  CHECK(run.collisions(CollisionKind::stale_translation) == 1);
  CHECK(run.collisions(CollisionKind::translation_fault) == 1);
  CHECK(run.results().collisions_total == 2);
}

TEST_CASE("An unmap without invalidation ends a page at once that no cache holds", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns  nic0 unmap 0xffe0_0000 2MiB no-invalidate
+1us nic0 write 0xffe0_0000 64
)");
  check_fault(run.landing(0), 5);
  CHECK(run.collisions(CollisionKind::stale_translation) == 0);
}

TEST_CASE("A page that is mapped elsewhere without invalidation is stale until the invalidation", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns  nic0 write 0xffe0_0000 64
+1us nic0 unmap 0xffe0_0000 2MiB no-invalidate
+1us nic0 map   0xffe0_0000 2MiB spare rw
+1us nic0 write 0xffe0_0000 64
+1us nic0 invalidate 0xffe0_0000 2MiB
+1us nic0 write 0xffe0_0000 64
)");
  check_memory(run.landing(1), bench::ring);
  check_memory(run.landing(2), 0x1'2000'0000);
  CHECK(run.collisions(CollisionKind::stale_translation) == 1);
  CHECK(run.results().collisions_total == 1);
}

TEST_CASE("A map takes a buffer with an offset, or an address, with its rights, and an unmap ends it", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns  nic0 map   0x7000_0000 4KiB spare+0x3000 r
0ns  nic0 map   0x7000_1000 4KiB 0x2400_0000
0ns  nic0 read  0x7000_0010 16
0ns  nic0 write 0x7000_0010 16
0ns  nic0 write 0x7000_1020 16
0ns  nic0 unmap 0x7000_1000 4KiB
0ns  nic0 write 0x7000_1020 16
)");
  check_memory(run.landing(0), 0x1'2000'3010);
  check_fault(run.landing(1), 5);
  check_memory(run.landing(2), 0x2400'0020);
  check_fault(run.landing(3), 5);
  CHECK(run.collisions(CollisionKind::translation_fault) == 2);
  CHECK(run.results().collisions_total == 2);
}

TEST_CASE("An ACS bit that is set in the middle of a trace holds for the next access and not for the one before",
          "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns nic0 write 0x38_0000_0000 64
0ns dp0  set acs.p2p-request-redirect on
0ns rp0  set acs.upstream-forwarding on
0ns nic0 write 0x38_0000_0000 64
0ns dp0  set acs.p2p-request-redirect off
0ns nic0 write 0x38_0000_0000 64
)");
  CHECK(run.landing(0).kind == LandingKind::peer);
  CHECK(run.name(run.landing(0).where) == "gpu0");
  check_memory(run.landing(1), bench::pool);
  CHECK(run.landing(2).kind == LandingKind::peer);
  CHECK(run.collisions(CollisionKind::peer_hijack) == 2);
  CHECK(run.results().collisions_total == 2);
}

TEST_CASE("Redirected requests end at a root port that does not forward upstream", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns dp0  set acs.p2p-request-redirect on
0ns nic0 write 0x38_0000_0000 64
0ns nic0 read  0x38_0000_0000 64
)");
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(run.landing(i).kind == LandingKind::rejected);
    CHECK(run.name(run.landing(i).where) == "rp0");
    CHECK(run.landing(i).rule->id == "port.u-turn");
  }
  CHECK(run.landing(0).status == CompletionStatus::none);
  CHECK(run.landing(1).status == CompletionStatus::unsupported_request);
}

TEST_CASE("A function without Bus Master Enable sends neither DMA nor interrupts", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns nic0 set bus-master off
0ns nic0 write 0xffe0_0000 64
0ns nic0 msi 0
0ns nic0 set bus-master on
0ns nic0 msi 0
)");
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(run.landing(i).kind == LandingKind::rejected);
    CHECK(run.name(run.landing(i).where) == "nic0");
    CHECK(run.landing(i).rule->id == "function.bus-master-disabled");
  }
  CHECK(run.landing(2).kind == LandingKind::interrupt);
  CHECK(run.collisions(CollisionKind::doorbell_lost) == 1);
  CHECK(run.collisions(CollisionKind::window_hole) == 1);
  CHECK(run.platform().machine().local_apic().delivered() == 1);
}

TEST_CASE("A function without Memory Space Enable claims nothing", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns gpu0 set memory-space off
0ns nic0 read 0x38_0000_0000 64
)");
  CHECK(run.landing(0).kind == LandingKind::rejected);
  CHECK(run.name(run.landing(0).where) == "gpu0");
  CHECK(run.landing(0).rule->id == "function.memory-space-disabled");
  CHECK(run.landing(0).status == CompletionStatus::unsupported_request);
}

TEST_CASE("A BAR that software moves is found at its new address only", "[replay]") {
  PlayedTrace run{bench_platform()};
  run.play(R"(
0ns gpu0 set bar2 0x38_1000_0000
0ns nic0 write 0x38_0000_0000 64
0ns gpu0 set bar2 0x38_0000_0000
0ns nic0 write 0x38_0000_0100 64
)");
  CHECK(run.landing(0).kind == LandingKind::rejected);
  CHECK(run.landing(0).rule->id == "bar.unclaimed");
  CHECK(run.landing(1).kind == LandingKind::peer);
  CHECK(run.landing(1).bar_offset == 0x100);
}

TEST_CASE("An invalidation that stops at garbage in the queue is lost, and the replay goes on", "[replay]") {
  PlayedTrace run{bench_platform()};
  // The tail (VT-d specification, 11.4.9.2) goes past descriptors that nobody wrote: type 0 is reserved, so the unit
  // stops where the driver's next request will stand.
  run.play(R"(
0ns  nic0 write 0xffe0_0000 64
+1us cpu  write 0xfed9_0088 8 0x70
+1us nic0 unmap 0xffe0_0000 2MiB
+1us nic0 write 0xffe0_0000 64
+1us nic0 invalidate 0xffe0_0000 2MiB
+1us nic0 write 0xffe0_0000 64
)");
  check_memory(run.landing(0), bench::ring);
  check_memory(run.landing(1), bench::ring);
  check_fault(run.landing(2), 5);
  CHECK(run.collisions(CollisionKind::stale_translation) == 1);
}
