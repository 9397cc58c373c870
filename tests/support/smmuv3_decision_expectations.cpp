// SPDX-License-Identifier: Apache-2.0
// What tests expect of a DecisionBench. Apart from it, so that the benches need no Catch.
#include "support/smmuv3_decision_bench.h"

#include <catch2/catch.hpp>

namespace iommusim::smmuv3::testing {

using iommu::Outcome;

void expect_passes(DecisionBench& bench, const iommu::TranslationRequest& request, std::uint64_t address) {
  const auto result = bench.translate(request);
  INFO("event " << result.fault_reason << ", " << result.rule->text);
  REQUIRE(result.outcome == Outcome::translated);
  CHECK(result.address == PhysAddr{address});
}

smmuv3::Event expect_event(DecisionBench& bench, const iommu::TranslationRequest& request, EventCode code) {
  const auto result = bench.translate(request);
  INFO(result.rule->text);
  CHECK(result.outcome == Outcome::fault);
  CHECK(result.fault_recorded);
  CHECK(result.fault_reason == static_cast<unsigned>(code));
  CHECK(bench.effects.event.code == code);
  CHECK(bench.effects.event.stream == DecisionBench::stream);
  return bench.effects.event;
}

void expect_silent_abort(DecisionBench& bench, const iommu::TranslationRequest& request) {
  const auto result = bench.translate(request);
  INFO(result.rule->text);
  CHECK(result.outcome == Outcome::fault);
  CHECK_FALSE(result.fault_recorded);
}

}  // namespace iommusim::smmuv3::testing
