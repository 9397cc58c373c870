// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

Access with_type(const SwitchBench& bench, AddressType type, std::uint64_t address = SwitchBench::bar_b) {
  return request(Operation::read, bench.id_a(), address, 64, type);
}

}  // namespace

TEST_CASE("ACS-013 Translation Blocking stops translation requests and translated requests", "[acs]") {
  const SwitchBench bench{with_acs(0x0002)};
  const auto route = [&bench](AddressType type) {
    return route_from_below(bench.topology(), bench.left, with_type(bench, type, 0x1000));
  };
  CHECK(route(AddressType::untranslated).action == Action::upstream);
  for (const AddressType type : {AddressType::translation_request, AddressType::translated}) {
    CHECK(route(type).action == Action::reject);
    CHECK(route(type).status == CompletionStatus::completer_abort);
  }
}

TEST_CASE("ACS-014 Direct Translated P2P lets a translated request go direct although redirect is on", "[acs]") {
  const SwitchBench bench{with_acs(0x0044)};
  const auto action = [&bench](AddressType type) {
    return route_from_below(bench.topology(), bench.left, with_type(bench, type)).action;
  };
  CHECK(action(AddressType::translated) == Action::downstream);
  CHECK(action(AddressType::untranslated) == Action::upstream);
  CHECK(action(AddressType::translation_request) == Action::upstream);
  const SwitchBench without{with_acs(0x0004)};
  CHECK(route_from_below(without.topology(), without.left, with_type(without, AddressType::translated)).action ==
        Action::upstream);
}

TEST_CASE("ACS-015 With Translation Blocking and Direct Translated P2P a translated request is a violation", "[acs]") {
  const SwitchBench bench{with_acs(0x0042)};
  const RouteDecision decision =
      route_from_below(bench.topology(), bench.left, with_type(bench, AddressType::translated));
  CHECK(decision.action == Action::reject);
  CHECK(decision.rule->id == "acs.translation-blocking");
}

TEST_CASE("ACS-052 Direct Translated P2P overrides neither Upstream Forwarding nor target access", "[acs]") {
  FunctionOptions left = with_acs(0x0150, 0x08FF);  // UF, DT, DSP target blocking.
  left.bars = {{0, 0x1000, BusAddr{0xE800'0000}}};
  const SwitchBench bench{left};
  const RouteDecision own_window =
      route_from_below(bench.topology(), bench.left, with_type(bench, AddressType::translated, SwitchBench::bar_a));
  CHECK(own_window.action == Action::upstream);
  CHECK(own_window.rule->id == "acs.upstream-forwarding");
  const RouteDecision port_bar =
      route_from_below(bench.topology(), bench.left, with_type(bench, AddressType::translated, 0xE800'0000));
  CHECK(port_bar.action == Action::reject);
  CHECK(port_bar.status == CompletionStatus::completer_abort);
}
