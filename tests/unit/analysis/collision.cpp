// SPDX-License-Identifier: Apache-2.0
// Oracle: design, section 3, "Collision kinds", typed a second time as a table of intent and landing.
#include "analysis/collision.h"

#include "iommu/vtd/fault_reasons.h"

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

using namespace iommusim;
using namespace iommusim::analysis;

namespace {

constexpr std::uint64_t meant = 0x1000;
constexpr std::uint64_t old_page = 0x2000;
constexpr std::uint64_t elsewhere = 0x3000;

Intent intent_of(IntentKind kind) {
  Intent intent;
  intent.kind = kind;
  intent.physical = PhysAddr{meant};
  intent.peer = ComponentId{7};
  intent.peer_address = BusAddr{meant};
  intent.vector = 0x41;
  intent.destination = 2;
  return intent;
}

/// Never what intent_of() means, whatever the kind.
Landing landing_elsewhere(LandingKind kind) {
  Landing landing;
  landing.kind = kind;
  landing.where = ComponentId{8};
  landing.address = elsewhere;
  landing.vector = 0x99;
  return landing;
}

Landing memory_at(std::uint64_t address, bool from_cache = false) {
  Landing landing;
  landing.kind = LandingKind::memory;
  landing.address = address;
  landing.from_cache = from_cache;
  return landing;
}

std::string kind_of(const Intent& intent, const Landing& landing, const Circumstance& circumstance = {}) {
  const auto kind = classify(intent, landing, circumstance);
  return kind ? std::string{to_string(*kind)} : "as intended";
}

/// By landing: memory, peer, interrupt, iommu-fault, rejected. None of them is where software meant it to be.
const std::map<IntentKind, std::array<std::string, landing_kinds>> table{
    {IntentKind::memory, {"wrong-memory", "peer-hijack", "interrupt-swallow", "translation-fault", "window-hole"}},
    {IntentKind::no_memory, {"wrong-memory", "peer-hijack", "interrupt-swallow", "translation-fault", "window-hole"}},
    {IntentKind::peer, {"wrong-memory", "peer-hijack", "interrupt-swallow", "peer-blocked", "peer-blocked"}},
    {IntentKind::interrupt, {"doorbell-lost", "doorbell-lost", "doorbell-lost", "doorbell-lost", "doorbell-lost"}},
    {IntentKind::none,
     {"isolation-breach", "isolation-breach", "interrupt-forged", "translation-fault", "window-hole"}},
    {IntentKind::blocked, {"isolation-breach", "isolation-breach", "interrupt-forged", "as intended", "as intended"}},
};

}  // namespace

TEST_CASE("Each pair of intent and landing has its kind of collision", "[analysis]") {
  REQUIRE(table.size() == 6);
  for (const auto& [kind, row] : table)
    for (std::size_t i = 0; i < landing_kinds; ++i) {
      const auto landed = static_cast<LandingKind>(i);
      INFO(to_string(kind) << " landed in " << to_string(landed));
      CHECK(kind_of(intent_of(kind), landing_elsewhere(landed)) == row[i]);
    }
}

TEST_CASE("An access that lands where software meant it to is no collision", "[analysis]") {
  CHECK(kind_of(intent_of(IntentKind::memory), memory_at(meant)) == "as intended");

  Landing peer = landing_elsewhere(LandingKind::peer);
  peer.where = ComponentId{7};
  peer.address = meant;
  CHECK(kind_of(intent_of(IntentKind::peer), peer) == "as intended");

  Landing interrupt = landing_elsewhere(LandingKind::interrupt);
  interrupt.vector = 0x41;
  interrupt.destination = 2;
  CHECK(kind_of(intent_of(IntentKind::interrupt), interrupt) == "as intended");
}

TEST_CASE("The right peer at the wrong address, and the wrong peer at the right address, are hijacks", "[analysis]") {
  Landing landing = landing_elsewhere(LandingKind::peer);
  landing.where = ComponentId{7};
  CHECK(kind_of(intent_of(IntentKind::peer), landing) == "peer-hijack");
  landing.where = ComponentId{8};
  landing.address = meant;
  CHECK(kind_of(intent_of(IntentKind::peer), landing) == "peer-hijack");
}

TEST_CASE("A message with another vector, or to another processor, is a lost doorbell", "[analysis]") {
  Landing landing = landing_elsewhere(LandingKind::interrupt);
  landing.vector = 0x41;
  landing.destination = 3;
  CHECK(kind_of(intent_of(IntentKind::interrupt), landing) == "doorbell-lost");
  landing.destination = 2;
  landing.vector = 0x42;
  CHECK(kind_of(intent_of(IntentKind::interrupt), landing) == "doorbell-lost");
}

TEST_CASE("In the interrupt window a fault or a refusal of a mapped address is the window's doing", "[analysis]") {
  Circumstance circumstance;
  circumstance.in_interrupt_window = true;
  const Intent memory = intent_of(IntentKind::memory);
  CHECK(kind_of(memory, landing_elsewhere(LandingKind::iommu_fault), circumstance) == "interrupt-swallow");
  CHECK(kind_of(memory, landing_elsewhere(LandingKind::rejected), circumstance) == "interrupt-swallow");
  CHECK(kind_of(memory, landing_elsewhere(LandingKind::peer), circumstance) == "peer-hijack");
  CHECK(kind_of(intent_of(IntentKind::none), landing_elsewhere(LandingKind::rejected), circumstance) == "window-hole");
}

TEST_CASE("The old page of an address is a stale translation, whether it is mapped again or not", "[analysis]") {
  for (const IntentKind kind : {IntentKind::memory, IntentKind::none}) {
    Intent intent = intent_of(kind);
    intent.was_mapped = true;
    intent.past_physical = PhysAddr{old_page};
    CHECK(kind_of(intent, memory_at(old_page)) == "stale-translation");
    CHECK(kind_of(intent, memory_at(elsewhere)) != "stale-translation");
    // A cache can hold a page from before the last mapping that ended.
    CHECK(kind_of(intent, memory_at(elsewhere, true)) == "stale-translation");
    // The same address is only stale when there was such a mapping.
    intent.was_mapped = false;
    CHECK(kind_of(intent, memory_at(old_page)) != "stale-translation");
  }
}

TEST_CASE("Memory that another domain maps is a breach, other wrong memory is not", "[analysis]") {
  Circumstance circumstance;
  circumstance.foreign_memory = true;
  CHECK(kind_of(intent_of(IntentKind::memory), memory_at(elsewhere), circumstance) == "isolation-breach");
  CHECK(kind_of(intent_of(IntentKind::memory), memory_at(elsewhere)) == "wrong-memory");
}

TEST_CASE("The right page without the right to it is stale when a cache answered, else wrong", "[analysis]") {
  Intent intent = intent_of(IntentKind::memory);
  const auto landed = [&intent](Operation operation, bool from_cache) {
    Circumstance circumstance;
    circumstance.operation = operation;
    return kind_of(intent, memory_at(meant, from_cache), circumstance);
  };
  intent.permissions = {true, false};
  CHECK(landed(Operation::read, true) == "as intended");
  CHECK(landed(Operation::write, true) == "stale-translation");
  CHECK(landed(Operation::write, false) == "wrong-memory");
  CHECK(landed(Operation::atomic, true) == "stale-translation");
  intent.permissions = {false, true};
  CHECK(landed(Operation::write, true) == "as intended");
  CHECK(landed(Operation::read, true) == "stale-translation");
  CHECK(landed(Operation::atomic, false) == "wrong-memory");
  intent.permissions = {true, true};
  CHECK(landed(Operation::atomic, false) == "as intended");
}

TEST_CASE("A zero-length read needs no right to the page", "[analysis]") {
  Intent intent = intent_of(IntentKind::memory);
  intent.permissions = {false, true};
  Circumstance circumstance;
  circumstance.zero_length = true;
  CHECK(kind_of(intent, memory_at(meant), circumstance) == "as intended");
  CHECK(kind_of(intent, memory_at(elsewhere), circumstance) == "wrong-memory");
}

TEST_CASE("The ten kinds have the names of the contract, and each name its kind", "[analysis]") {
  const std::set<std::string> contract{"peer-hijack",       "peer-blocked", "interrupt-swallow", "interrupt-forged",
                                       "doorbell-lost",     "window-hole",  "stale-translation", "isolation-breach",
                                       "translation-fault", "wrong-memory"};
  REQUIRE(collision_kinds == contract.size());
  std::set<std::string> named;
  for (std::size_t i = 0; i < collision_kinds; ++i) {
    const auto kind = static_cast<CollisionKind>(i);
    named.emplace(to_string(kind));
    CHECK(collision_kind(to_string(kind)) == kind);
  }
  CHECK(named == contract);
  CHECK_FALSE(collision_kind("peer-hijacked"));
  CHECK_FALSE(collision_kind("any"));
}

TEST_CASE("A message that nobody programmed and interrupt remapping refused is no collision", "[analysis]") {
  Landing blocked = landing_elsewhere(LandingKind::iommu_fault);
  for (const std::uint16_t reason : {std::uint16_t{0x20}, std::uint16_t{0x25}, std::uint16_t{0x28}}) {
    blocked.fault_reason = reason;
    blocked.rule = &vtd::rule_of(static_cast<vtd::FaultReason>(reason));
    CHECK(kind_of(Intent{}, blocked) == "as intended");
    CHECK(kind_of(intent_of(IntentKind::interrupt), blocked) == "doorbell-lost");
  }
  // 0x29 is a write that is no interrupt request.
  blocked.fault_reason = 0x29;
  blocked.rule = &vtd::rule_of(vtd::FaultReason::invalid_interrupt_request);
  CHECK(kind_of(Intent{}, blocked) == "translation-fault");
}
