// SPDX-License-Identifier: Apache-2.0
// Devices with translations of their own, and devices that ask for pages. Oracle: PCIe base specification, 10.2
// to 10.4, for who sends what; VT-d specification, 6.5.2 and 7.4, for what software has to do; the platforms' own maps.
#include "platforms/loader.h"
#include "support/played_trace.h"
#include "support/source_dir.h"
#include "support/vtd_unit.h"

#include <algorithm>

using namespace iommusim;
using namespace iommusim::tests;
using analysis::CollisionKind;

namespace {

PlayedTrace ready(const std::string& name) {
  return PlayedTrace{platforms::load_platform(source_dir() + "/platforms/" + name + ".yaml")};
}

void check_memory(const Landing& landing, std::uint64_t address) {
  CHECK(landing.kind == LandingKind::memory);
  CHECK(landing.address == address);
}

const analysis::Collision& collision(const PlayedTrace& run, CollisionKind kind) {
  const auto& all = run.results().collisions;
  const auto found = std::find_if(all.begin(), all.end(), [kind](const auto& c) { return c.kind == kind; });
  REQUIRE(found != all.end());
  return *found;
}

bool has_remedy(const analysis::Collision& collision, const std::string& action) {
  return std::any_of(collision.remedies.begin(), collision.remedies.end(),
                     [&action](const auto& remedy) { return remedy.action == action; });
}

Duration when_done(PlayedTrace& run) {
  return run.results().simulated;
}

}  // namespace

TEST_CASE("A device asks once for a page and then uses what it knows", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  run.play(R"(
0ns  npu0 read 0x8000_0040 64
+5us npu0 read 0x8000_0080 64
+5us npu0 read 0x8010_0000 64
)");
  check_memory(run.landing(0), 0x1'2000'0040);
  check_memory(run.landing(1), 0x1'2000'0080);
  check_memory(run.landing(2), 0x1'2010'0000);
  CHECK_FALSE(run.landing(0).from_cache);
  CHECK(run.landing(1).from_cache);
  CHECK(std::string{run.landing(2).rule->id} == "ats.device-tlb");
  CHECK(run.results().collisions_total == 0);
  const auto& unit = vtd_unit(run.platform().machine()).statistics();
  // One translation request and three translated requests.
  CHECK(unit.requests == 4);
  CHECK(unit.faults == 0);
}

TEST_CASE("A device-TLB invalidation makes the device ask again", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  run.play(R"(
0ns  npu0 write 0xa000_0000 64
+5us npu0 unmap 0xa000_0000 64KiB
+5us npu0 write 0xa000_0000 64
)");
  check_memory(run.landing(0), 0x1'2200'0000);
  CHECK(run.landing(1).kind == LandingKind::rejected);
  CHECK(std::string{run.landing(1).rule->id} == "ats.translation-denied");
  CHECK(run.collisions(CollisionKind::translation_fault) == 1);
  // No fault is recorded for a translation request without an answer.
  CHECK(run.results().faults.empty());
  CHECK(vtd_unit(run.platform().machine()).statistics().device_invalidations == 1);
}

TEST_CASE("A device TLB that is not told goes on with the old page, and the remedy says so", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  run.play(R"(
0ns  npu0 write 0xa000_0000 64
+5us npu0 unmap 0xa000_0000 64KiB no-device-invalidate
+5us npu0 write 0xa000_0000 64
+5us npu0 invalidate 0xa000_0000 64KiB
+5us npu0 write 0xa000_0000 64
)");
  check_memory(run.landing(1), 0x1'2200'0000);
  CHECK(run.landing(2).kind == LandingKind::rejected);
  REQUIRE(run.collisions(CollisionKind::stale_translation) == 1);
  const analysis::Collision& stale = collision(run, CollisionKind::stale_translation);
  CHECK(std::string{stale.example.landing.rule->id} == "ats.device-tlb");
  CHECK(run.name(stale.example.landing.decided_by) == "npu0");
  CHECK(has_remedy(stale, "invalidate-device-tlb"));
}

TEST_CASE("A translation request takes a round trip, and a hit takes none", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  // The last names the address that the device was told, and needs no translation of its own.
  run.play(R"(
0ns   npu0 read 0x8000_0000 64
+10us npu0 read 0x8000_0000 64
+10us npu0 read 0x1_2000_0000 64 translated
)");
  const timing::LatencyHistogram& reads = run.results().devices.at(run.platform().node("npu0")).reads;
  REQUIRE(reads.count() == 3);
  const Duration hit = reads.min();
  // Percentiles are exact to one part in 128.
  CHECK(reads.percentile(0.6) * 127 <= hit * 128);
  CHECK(reads.max() > hit + Duration::nanoseconds(300));
}

TEST_CASE("A page request brings the page, and the write that needed it", "[replay][pri]") {
  PlayedTrace run = ready("page-requests");
  run.play(R"(
0ns   npu0 write 0x8000_0000 64
+50us npu0 read  0x8000_0040 64
)");
  check_memory(run.landing(0), 0x1'2100'0000);
  check_memory(run.landing(1), 0x1'2100'0040);
  CHECK(run.results().collisions_total == 0);
  const auto& unit = vtd_unit(run.platform().machine()).statistics();
  CHECK(unit.page_requests == 1);
  CHECK(unit.faults_recorded == 0);
  // Software takes 20 us to serve it.
  CHECK(when_done(run) > Duration::nanoseconds(50'000));
}

TEST_CASE("What may not be asked for is answered as invalid, and the access ends in the device", "[replay][pri]") {
  PlayedTrace run = ready("page-requests");
  run.play(R"(
0ns   npu0 write 0x9000_0000 64
+50us npu0 write 0x8010_0000 64
+50us npu0 read  0x9000_0000 64
)");
  CHECK(run.landing(0).kind == LandingKind::rejected);
  CHECK(run.landing(1).kind == LandingKind::rejected);
  check_memory(run.landing(2), 0x1'2200'0000);
  CHECK(run.collisions(CollisionKind::translation_fault) == 2);
}

TEST_CASE("A disabled link keeps the Invalidate Request from the device", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  run.play(R"(
0ns   npu0 read 0x9000_0000 256
+2us  rp0 set link-disable on
+2us  npu0 unmap 0x9000_0000 64KiB
+20us rp0 set link-disable off
+2us  npu0 read 0x9000_0000 256
)");
  check_memory(run.landing(run.landed().size() - 1), 0x1'2100'0000);
  CHECK(run.collisions(CollisionKind::stale_translation) == 1);
  CHECK(vtd_unit(run.platform().machine()).statistics().device_invalidations == 1);
}

TEST_CASE("What a device knew before ATS was off and on again it asks for anew", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  // ATS Control of npu0 (01:00.0).
  run.play(R"(
0ns   npu0 read 0x9000_0000 64
+2us  npu0 unmap 0x9000_0000 64KiB no-device-invalidate
+20us cpu write 0xb010_0106 2 0
+2us  cpu write 0xb010_0106 2 0x8000
+2us  npu0 read 0x9000_0000 64
)");
  CHECK(run.landing(1).kind == LandingKind::rejected);
  CHECK(run.collisions(CollisionKind::stale_translation) == 0);
}

TEST_CASE("A translation request that is lost times out once, and what needed it is not sent", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  run.play(R"(
0ns  npu0 write 0xa000_0000 256
+2us rp0 set link-disable on
+2us npu0 write 0xa000_1000 64
)");
  const Landing& lost = run.landing(run.landed().size() - 1);
  CHECK(std::string{lost.rule->id} == "link.disabled");
  CHECK(lost.status == CompletionStatus::none);
  // 50 ms is the completion time-out of an ideal engine.
  CHECK(when_done(run) >= Duration::milliseconds(50));
  CHECK(when_done(run) < Duration::milliseconds(51));
}

TEST_CASE("A read whose translation request is lost waits for one time-out", "[replay][ats]") {
  PlayedTrace run = ready("device-tlb-stale");
  run.play(R"(
0ns  npu0 write 0xa000_0000 256
+2us rp0 set link-disable on
+2us npu0 read 0x9000_1000 64
)");
  CHECK(run.landing(run.landed().size() - 1).status == CompletionStatus::timeout);
  CHECK(when_done(run) >= Duration::milliseconds(50));
  CHECK(when_done(run) < Duration::milliseconds(51));
}
