// SPDX-License-Identifier: Apache-2.0
// What an interrupt waits for at a unit that remaps. Oracle: the sums that docs/timing.md gives, of quantities so long
// that the rest of the way does not count.
#include "support/bench_platform.h"
#include "support/played_trace.h"

using namespace iommusim;
using namespace iommusim::tests;
using platforms::Timing;

namespace {

constexpr Duration us(std::uint64_t value) {
  return Duration::nanoseconds(1000 * value);
}

/// Links, switch, root complex and doorbell together take less.
constexpr Duration rest = us(1);
constexpr Duration lookup = us(2), walk = us(5), entry_fetch = us(7);

/// nic0's vector 0 names an entry of the interrupt remapping table; its vector 1 one that is posted.
platforms::Description slow_unit() {
  platforms::Description description = bench_platform();
  vtd::UnitConfig& unit = description.iommus[0].vtd;
  unit.interrupt_remapping = unit.posted_interrupts = true;
  description.virtual_processors.push_back({"vcpu0", PhysAddr{0x1800'0000}, 0xF2, 3, false});
  description.interrupts.push_back({"nic0", 1, 0x52, 0, 0, "vcpu0", false});
  timing::IommuParameters& time = description.timing.host.iommu;
  time.lookup = lookup;
  time.walk = walk;
  time.walk_read = entry_fetch;
  return description;
}

/// The last operation of the trace begins at `begin` and waits for `time`.
void expect_time(Timing timing, const std::string& trace, Duration begin, Duration time) {
  PlayedTrace run{slow_unit(), timing};
  run.play(trace);
  CHECK(run.results().collisions_total == 0);
  CHECK(run.results().simulated >= begin + time);
  CHECK(run.results().simulated < begin + time + rest);
}

constexpr const char* once = "0ns nic0 msi 0\n";
constexpr const char* twice = "0ns nic0 msi 0\n+100us nic0 msi 0\n";
constexpr const char* posted_once = "0ns nic0 msi 1\n";
constexpr const char* posted_twice = "0ns nic0 msi 1\n+100us nic0 msi 1\n";

}  // namespace

TEST_CASE("An interrupt whose entry is not cached waits for the fetch of one entry", "[replay][timing]") {
  expect_time(Timing::loose, once, us(0), lookup + walk + entry_fetch);
}

TEST_CASE("An interrupt whose entry is not cached waits for the fetch of one entry, in approximate timing",
          "[replay][timing]") {
  expect_time(Timing::approximate, once, us(0), lookup + walk + entry_fetch);
}

TEST_CASE("An interrupt whose entry is cached waits for no fetch", "[replay][timing]") {
  expect_time(Timing::loose, twice, us(100), lookup);
}

TEST_CASE("An interrupt whose entry is cached waits for no fetch, in approximate timing", "[replay][timing]") {
  expect_time(Timing::approximate, twice, us(100), lookup);
}

TEST_CASE("A posted interrupt waits for its descriptor, too", "[replay][timing]") {
  expect_time(Timing::loose, posted_once, us(0), (lookup + walk + entry_fetch) * 2);
}

TEST_CASE("A posted interrupt waits for its descriptor even when its entry is cached", "[replay][timing]") {
  expect_time(Timing::loose, posted_twice, us(100), lookup + (lookup + walk + entry_fetch));
}

TEST_CASE("A posted interrupt waits for its descriptor even when its entry is cached, in approximate timing",
          "[replay][timing]") {
  expect_time(Timing::approximate, posted_twice, us(100), lookup + (lookup + walk + entry_fetch));
}
