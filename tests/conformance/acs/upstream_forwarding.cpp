// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

#include <utility>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("ACS-020 A request for the port's own window goes up with Upstream Forwarding and is UR without", "[acs]") {
  const SwitchBench with{with_acs(0x0010), {}, with_acs(0x0010)};
  const SwitchBench without{with_acs(0x0000), {}, with_acs(0x0000)};
  for (const auto& [port_with, port_without] :
       {std::pair{with.left, without.left}, std::pair{with.root, without.root}}) {
    const Access access = read_request(with.id_a(), SwitchBench::bar_a);
    CHECK(route_from_below(with.topology(), port_with, access).action == Action::upstream);
    const RouteDecision refused = route_from_below(without.topology(), port_without, access);
    CHECK(refused.action == Action::reject);
    CHECK(refused.status == CompletionStatus::unsupported_request);
    CHECK(refused.rule->id == "port.u-turn");
  }
}

TEST_CASE("ACS-050 A redirected request ends at a port above that lacks Upstream Forwarding", "[acs]") {
  const SwitchBench broken{with_acs(0x0004)};
  const Access access = read_request(broken.id_a(), SwitchBench::bar_b);
  REQUIRE(route_from_below(broken.topology(), broken.left, access).action == Action::upstream);
  const RouteDecision at_root = route_from_below(broken.topology(), broken.root, access);
  CHECK(at_root.action == Action::reject);
  CHECK(at_root.rule->id == "port.u-turn");
  const SwitchBench working{with_acs(0x0004), {}, with_acs(0x0010)};
  CHECK(route_from_below(working.topology(), working.root, access).action == Action::upstream);
}

TEST_CASE("ACS-050 Every port of a cascade of switches needs Upstream Forwarding", "[acs]") {
  TopologyBuilder builder;
  const NodeIndex root = builder.root_port(with_acs(0x0010));
  const NodeIndex upper = builder.downstream_port(builder.upstream_port(root), with_acs(0x0000));
  const NodeIndex lower = builder.upstream_port(upper);
  const NodeIndex left = builder.downstream_port(lower, with_acs(0x0004));
  const NodeIndex device = builder.endpoint(left, with_bar(0xE000'0000, 0x10'0000));
  const NodeIndex right = builder.downstream_port(lower);
  builder.endpoint(right, with_bar(0xE010'0000, 0x10'0000));
  const Access access = read_request(builder.id(device), 0xE010'0000);
  CHECK(route_from_below(builder.topology(), left, access).action == Action::upstream);
  CHECK(route_from_below(builder.topology(), upper, access).action == Action::reject);
  builder.set_acs_control(upper, 0x0010);
  CHECK(route_from_below(builder.topology(), upper, access).action == Action::upstream);
  CHECK(route_from_below(builder.topology(), root, access).action == Action::upstream);
}
