// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("ACS-010 Source Validation accepts any device on an in-range bus and no bus outside the range", "[acs]") {
  const SwitchBench bench{with_acs(0x0001), {}, with_acs(0x0001)};
  const auto action = [&bench](NodeIndex port, RequesterId id) {
    return route_from_below(bench.topology(), port, write_request(id, 0x1000)).action;
  };
  CHECK(action(bench.left, RequesterId{3, 0, 0}) == Action::upstream);
  CHECK(action(bench.left, RequesterId{3, 31, 7}) == Action::upstream);
  CHECK(action(bench.left, RequesterId{2, 0, 0}) == Action::reject);
  CHECK(action(bench.left, RequesterId{4, 0, 0}) == Action::reject);
  // The root port's range is 1 to 4, both ends included.
  CHECK(action(bench.root, RequesterId{0, 0, 0}) == Action::reject);
  CHECK(action(bench.root, RequesterId{1, 0, 0}) == Action::upstream);
  CHECK(action(bench.root, RequesterId{4, 0, 0}) == Action::upstream);
  CHECK(action(bench.root, RequesterId{5, 0, 0}) == Action::reject);
}

TEST_CASE("ACS-011 Source Validation cannot tell devices below the same port apart", "[acs]") {
  const SwitchBench bench{{}, {}, with_acs(0x0001)};
  const RouteDecision spoofed = route_from_below(bench.topology(), bench.root, write_request(bench.id_b(), 0x1000));
  CHECK(spoofed.action == Action::upstream);
}

TEST_CASE("ACS-012 Source Validation does not examine completions", "[acs]") {
  const SwitchBench bench{with_acs(0x0001)};
  const RequesterId foreign{0x77, 0, 0};
  REQUIRE(route_from_below(bench.topology(), bench.left, read_request(foreign, 0x1000)).action == Action::reject);
  CHECK(route_completion_from_below(bench.topology(), bench.left, foreign, false).action == Action::upstream);
}

TEST_CASE("ACS-018 A violating posted write is lost and the requester is not told", "[acs]") {
  const SwitchBench bench{with_acs(0x0001)};
  const RouteDecision decision =
      route_from_below(bench.topology(), bench.left, write_request(RequesterId{0x77, 0, 0}, 0x1000));
  CHECK(decision.action == Action::reject);
  CHECK(decision.target == bench.left);
  CHECK(decision.status == CompletionStatus::none);
}

TEST_CASE("ACS-019 A violating non-posted request is answered with completer abort", "[acs]") {
  const SwitchBench bench{with_acs(0x0001)};
  const RequesterId foreign{0x77, 0, 0};
  CHECK(route_from_below(bench.topology(), bench.left, read_request(foreign, 0x1000)).status ==
        CompletionStatus::completer_abort);
  CHECK(route_from_below(bench.topology(), bench.left, request(Operation::atomic, foreign, 0x1000, 8)).status ==
        CompletionStatus::completer_abort);
}
