// SPDX-License-Identifier: Apache-2.0
// Flips each bit of an ACS Control register alone and compares the ends of a set of probes with a table.
#pragma once

#include "pcie/root_complex.h"
#include "pcie/routing.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace iommusim::test {

/// "up": towards the root, at a root port to the IOMMU. "peer": to the sibling. "claim": a port's BAR. "UR", "CA".
using Ends = std::map<std::string, std::string>;
using Changes = std::map<std::uint16_t, Ends>;

inline std::string end_of(const pcie::RouteDecision& decision) {
  switch (decision.action) {
    case pcie::Action::upstream: return "up";
    case pcie::Action::downstream: return "peer";
    case pcie::Action::claim: return "claim";
    case pcie::Action::reject: break;
  }
  return decision.status == CompletionStatus::completer_abort ? "CA" : "UR";
}

inline std::string end_of(const pcie::RootDecision& decision) {
  switch (decision.action) {
    case pcie::RootAction::peer: return "peer";
    case pcie::RootAction::translate: return "up";
    case pcie::RootAction::interrupt_window: return "interrupt";
    case pcie::RootAction::reject: break;
  }
  return decision.status == CompletionStatus::completer_abort ? "CA" : "UR";
}

/// Flips every bit of the register, one at a time, on and off again.
template <class Port>
void check(Port& port, std::uint16_t baseline, const Ends& before, const Changes& changes) {
  port.set_control(baseline);
  CHECK(port.ends() == before);
  for (unsigned bit = 0; bit < 13; ++bit) {
    const auto mask = static_cast<std::uint16_t>(1U << bit);
    if ((baseline & mask) != 0) continue;
    Ends expected = before;
    const auto changed = changes.find(mask);
    if (changed != changes.end())
      for (const auto& [probe, end] : changed->second) {
        REQUIRE(expected.at(probe) != end);
        expected[probe] = end;
      }
    INFO("bit " << bit << " on top of " << baseline);
    port.set_control(static_cast<std::uint16_t>(baseline | mask));
    CHECK(port.ends() == expected);
    port.set_control(baseline);
    CHECK(port.ends() == before);
  }
}

/// `ends` with the changes of a mask.
inline Ends with(Ends ends, const Ends& changes) {
  for (const auto& [probe, end] : changes)
    ends[probe] = end;
  return ends;
}

}  // namespace iommusim::test
