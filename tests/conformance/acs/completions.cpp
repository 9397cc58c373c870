// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("ACS-008 Without Completion Redirect a redirected read's completion may return directly", "[acs]") {
  const SwitchBench bench{with_acs(0x0004), with_acs(0x0004)};
  REQUIRE(route_from_below(bench.topology(), bench.left, read_request(bench.id_a(), SwitchBench::bar_b)).action ==
          Action::upstream);
  const RouteDecision completion = route_completion_from_below(bench.topology(), bench.right, bench.id_a(), false);
  CHECK(completion.action == Action::downstream);
  CHECK(completion.target == bench.left);
}

TEST_CASE("ACS-009 Completion Redirect leaves completions with relaxed ordering alone", "[acs]") {
  const SwitchBench bench{{}, with_acs(0x0008)};
  CHECK(route_completion_from_below(bench.topology(), bench.right, bench.id_a(), false).action == Action::upstream);
  CHECK(route_completion_from_below(bench.topology(), bench.right, bench.id_a(), true).action == Action::downstream);
}

TEST_CASE("ACS-051 A redirected completion is turned back only by ports above that have Upstream Forwarding", "[acs]") {
  const SwitchBench without{{}, with_acs(0x0008), {}};
  REQUIRE(route_completion_from_below(without.topology(), without.right, without.id_a(), false).action ==
          Action::upstream);
  CHECK(route_completion_from_below(without.topology(), without.root, without.id_a(), false).action == Action::reject);
  const SwitchBench with{{}, with_acs(0x0008), with_acs(0x0010)};
  CHECK(route_completion_from_below(with.topology(), with.root, with.id_a(), false).action == Action::upstream);
}

TEST_CASE("ACS-053 Bus Master Enable does not concern completions", "[acs]") {
  SwitchBench bench;
  bench.builder.set_command(bench.right, true, false);
  CHECK(route_completion_from_below(bench.topology(), bench.right, bench.id_a(), false).action == Action::downstream);
}
