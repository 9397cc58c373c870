// SPDX-License-Identifier: Apache-2.0
// Oracle: SMMUv3 specification, 3.12.2: what becomes of a stalled transaction that is retried or terminated.
#include "iommu/stall.h"

#include "iommu/access_request.h"
#include "support/scripted_unit.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::tests;
using iommu::Outcome;
using iommu::StallVerdict;

namespace {

constexpr ComponentId unit_id{3};
constexpr std::uint32_t tag = 0x77;

struct Held {
  ScriptedUnit unit;
  iommu::FetchLog fetches;
  unsigned times_looked = 0;

  iommu::TranslationResult end(Operation operation = Operation::read) {
    iommu::TranslationRequest request;
    request.operation = operation;
    return iommu::end_stall(unit, request, scripted_stall(tag), fetches, [this] { ++times_looked; });
  }
};

Access access_of(Operation operation) {
  Access access;
  access.operation = operation;
  access.size = 4;
  return access;
}

}  // namespace

TEST_CASE("A stalled request that software retries is translated anew", "[iommu]") {
  Held held;
  held.unit.verdict = StallVerdict::retry;
  held.unit.answers = {scripted_stall(tag + 1), scripted(Outcome::translated, PhysAddr{0x5000})};
  const iommu::TranslationResult result = held.end();
  CHECK(result.outcome == Outcome::translated);
  CHECK(result.address == PhysAddr{0x5000});
  CHECK(held.unit.asked_tags == std::vector<std::uint32_t>{tag, tag + 1});
  CHECK(held.times_looked == 2);
}

TEST_CASE("A stalled request is retried a bounded number of times", "[iommu]") {
  Held held;
  held.unit.verdict = StallVerdict::retry;
  held.unit.answers = {scripted_stall(tag)};
  CHECK(held.end().outcome == Outcome::stalled);
  CHECK(held.unit.translated == iommu::most_retries + 1);
}

TEST_CASE("A stalled request that software aborts is refused for the reason it was held for", "[iommu]") {
  Held held;
  held.unit.verdict = StallVerdict::abort;
  const iommu::TranslationResult read = held.end();
  CHECK(read.outcome == Outcome::fault);
  CHECK(read.status == CompletionStatus::completer_abort);
  const Landing landing = iommu::landing_at_unit(unit_id, access_of(Operation::read), read);
  CHECK(landing.kind == LandingKind::iommu_fault);
  CHECK(landing.fault_reason == 0x10);
  CHECK(held.end(Operation::write).status == CompletionStatus::none);
}

TEST_CASE("A stalled request that software ignores ends without an error", "[iommu]") {
  Held held;
  held.unit.verdict = StallVerdict::ignore;
  const iommu::TranslationResult result = held.end();
  CHECK(result.outcome == Outcome::ignored);
  CHECK(iommu::landing_at_unit(unit_id, access_of(Operation::read), result).status == CompletionStatus::successful);
  CHECK(iommu::landing_at_unit(unit_id, access_of(Operation::write), result).status == CompletionStatus::none);
}

TEST_CASE("A stalled request that software says nothing of never completes", "[iommu]") {
  Held held;
  const iommu::TranslationResult result = held.end();
  CHECK(result.outcome == Outcome::stalled);
  CHECK(held.unit.translated == 0);
  const Landing landing = iommu::landing_at_unit(unit_id, access_of(Operation::read), result);
  CHECK(landing.kind == LandingKind::rejected);
  CHECK(landing.where == unit_id);
  CHECK(landing.status == CompletionStatus::timeout);
  CHECK(landing.rule == &iommu::rules::stall_unanswered);
  CHECK(iommu::landing_at_unit(unit_id, access_of(Operation::write), result).status == CompletionStatus::none);
}
