// SPDX-License-Identifier: Apache-2.0
// Notifications of posted interrupts over time. Oracle: VT-d specification, 5.2.3 (no notification while ON is set),
// docs/interrupts.md, "Posting"; times counted by hand.
#include "platforms/loader.h"
#include "support/played_trace.h"
#include "support/source_dir.h"

#include <map>
#include <variant>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

constexpr std::uint64_t descriptor = 0x1'2000'0000;

platforms::Description posting(const std::vector<std::string>& settings) {
  std::vector<platforms::Override> overrides;
  for (const std::string& setting : settings)
    overrides.push_back(platforms::parse_override(setting));
  return platforms::load_platform(source_dir() + "/platforms/posted-interrupts.yaml", overrides);
}

const std::string handler = "software.virtual_processors.vcpu0.handler=1us";

using Counts = std::map<std::string, std::uint64_t>;

/// statistics.posted_interrupts.dmar0.
Counts counts(const PlayedTrace& run) {
  Counts found;
  for (const timing::StatisticGroup& group : run.results().statistics.groups)
    if (group.name == "posted_interrupts") {
      REQUIRE(group.groups.size() == 1);
      CHECK(group.groups.front().name == "dmar0");
      for (const timing::Statistic& one : group.groups.front().statistics) {
        CHECK_FALSE(one.unit.empty());
        CHECK_FALSE(one.description.empty());
        found[one.name] = std::get<std::uint64_t>(one.value);
      }
    }
  return found;
}

std::string every(unsigned nanoseconds, unsigned times) {
  std::string trace;
  for (unsigned i = 0; i < times; ++i)
    trace += std::to_string(i * nanoseconds) + "ns nic0 msi " + std::to_string(i % 2) + "\n";
  return trace;
}

}  // namespace

TEST_CASE("While a processor handles a notification further interrupts are coalesced, and then notify again",
          "[replay][posting]") {
  PlayedTrace run{posting({handler})};
  run.play(R"(
0ns    nic0 msi 0
500ns  nic0 msi 1
999ns  nic0 msi 0
1000ns nic0 msi 1
1500ns nic0 msi 0
)");
  CHECK(counts(run) == Counts{{"posted", 5}, {"notified", 2}, {"coalesced", 3}});
  CHECK(run.results().collisions_total == 0);
  // The last handler leaves no request and no ON behind, and what software set up as it was.
  std::vector<unsigned char> left(64);
  left[32 + 2] = 0xF2;
  left[32 + 4] = 3;
  CHECK(run.memory(descriptor, 64) == left);
  CHECK(run.results().simulated >= Duration::nanoseconds(2000));
}

TEST_CASE("Without a handler the trace's processor has to look, or nothing notifies again", "[replay][posting]") {
  PlayedTrace run{posting({})};
  run.play(every(5000, 8));
  CHECK(counts(run) == Counts{{"posted", 8}, {"notified", 1}, {"coalesced", 7}});
}

TEST_CASE("Interrupts that come more slowly than they are handled all notify", "[replay][posting]") {
  PlayedTrace run{posting({handler})};
  run.play(every(1000, 8));
  CHECK(counts(run) == Counts{{"posted", 8}, {"notified", 8}, {"coalesced", 0}});
}

TEST_CASE("The faster interrupts come, the more of them one notification covers", "[replay][posting]") {
  // 300 ns: one at the beginning of a handler, three more before its end.
  PlayedTrace run{posting({handler})};
  run.play(every(300, 40));
  CHECK(counts(run) == Counts{{"posted", 40}, {"notified", 10}, {"coalesced", 30}});
}

TEST_CASE("The handler clears ON in closed loop, too", "[replay][posting]") {
  // One operation at a time: each interrupt begins when the one before is over, long before the handler is.
  PlayedTrace run{posting({handler, "timing.window=1"})};
  run.play(every(0, 400));
  const Counts found = counts(run);
  CHECK(found.at("posted") == 400);
  CHECK(found.at("notified") > 1);
  CHECK(found.at("notified") < 400);
}

TEST_CASE("A run that posts nothing has no figures of posting", "[replay][posting]") {
  PlayedTrace run{posting({handler})};
  run.play("0ns nic0 msi 3\n");
  CHECK(counts(run).empty());
}
