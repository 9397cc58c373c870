// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.5.3.7 (Link Disable) and 2.9.1 (a port whose link is down).
#include "pcie/device_routing.h"
#include "pcie/id_routing.h"
#include "pcie/pci_bridge.h"
#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

constexpr std::uint64_t memory = 0x1000;

void check_lost(const RouteDecision& decision, NodeIndex where, CompletionStatus status) {
  CHECK(decision.action == Action::reject);
  CHECK(decision.target == where);
  CHECK(decision.rule == &rules::link_disabled);
  CHECK(decision.status == status);
}

}  // namespace

TEST_CASE("Behind a disabled link a function's writes are lost and its reads time out", "[pcie]") {
  SwitchBench bench;
  bench.builder.set_link_disable(bench.left, true);
  const auto write = leave_device(bench.topology(), bench.device_a, write_request(bench.id_a(), memory));
  const auto read = leave_device(bench.topology(), bench.device_a, read_request(bench.id_a(), memory));
  REQUIRE((write && read));
  check_lost(*write, bench.device_a, CompletionStatus::none);
  check_lost(*read, bench.device_a, CompletionStatus::timeout);
  CHECK_FALSE(leave_device(bench.topology(), bench.device_b, read_request(bench.id_b(), memory)));
  bench.builder.set_link_disable(bench.left, false);
  CHECK_FALSE(leave_device(bench.topology(), bench.device_a, read_request(bench.id_a(), memory)));
}

TEST_CASE("Messages arrive where every link on the way is enabled", "[pcie]") {
  SwitchBench bench;
  CHECK(links_reach(bench.topology(), bench.device_a));
  for (const NodeIndex port : {bench.root, bench.left}) {
    bench.builder.set_link_disable(port, true);
    CHECK(links_reach(bench.topology(), port));
    CHECK_FALSE(links_reach(bench.topology(), bench.device_a));
    CHECK(links_reach(bench.topology(), bench.device_b) == (port == bench.left));
    bench.builder.set_link_disable(port, false);
  }
}

TEST_CASE("A port refuses what would leave by its disabled link", "[pcie]") {
  SwitchBench bench;
  bench.builder.set_link_disable(bench.right, true);
  for (const RouteDecision& decision :
       {route_from_below(bench.topology(), bench.left, read_request(bench.id_a(), SwitchBench::bar_b)),
        route_from_above(bench.topology(), bench.upstream, read_request({}, SwitchBench::bar_b))}) {
    CHECK(decision.action == Action::reject);
    CHECK(decision.target == bench.right);
    CHECK(decision.rule == &rules::port_link_down);
    CHECK(decision.status == CompletionStatus::unsupported_request);
  }
}

TEST_CASE("Below a disabled uplink peers still reach each other, and nothing reaches the root", "[pcie]") {
  SwitchBench bench;
  bench.builder.set_link_disable(bench.root, true);
  CHECK(route_from_below(bench.topology(), bench.left, read_request(bench.id_a(), SwitchBench::bar_b)).target ==
        bench.right);
  check_lost(route_from_below(bench.topology(), bench.left, read_request(bench.id_a(), memory)), bench.upstream,
             CompletionStatus::timeout);
  CHECK(route_from_above(bench.topology(), bench.root, write_request({}, SwitchBench::bar_a)).rule ==
        &rules::port_link_down);
}

TEST_CASE("A bridge behind a disabled link loses what its bus sends up", "[pcie]") {
  TopologyBuilder builder;
  const NodeIndex root = builder.root_port();
  const NodeIndex bridge = builder.pci_bridge(root);
  const NodeIndex card = builder.conventional(bridge);
  builder.set_link_disable(root, true);
  check_lost(route_on_bus(builder.topology(), bridge, read_request(builder.id(card), memory)), bridge,
             CompletionStatus::timeout);
}

TEST_CASE("Configuration requests find nobody behind a disabled link, but its port", "[pcie]") {
  SwitchBench bench;
  bench.builder.set_link_disable(bench.root, true);
  CHECK(config_reaches(bench.topology(), bench.root));
  CHECK_FALSE(config_reaches(bench.topology(), bench.upstream));
  CHECK_FALSE(config_reaches(bench.topology(), bench.device_a));
}

TEST_CASE("Only ports above a link have Link Disable", "[pcie]") {
  SwitchBench bench;
  for (const NodeIndex node : {bench.upstream, bench.device_a}) {
    bench.builder.set_link_disable(node, true);
    CHECK_FALSE(bench.topology()[node].decoded.link_disabled);
  }
  bench.builder.set_link_disable(bench.left, true);
  CHECK(bench.topology()[bench.left].decoded.link_disabled);
}

TEST_CASE("Functions of one device reach each other while its link is disabled", "[pcie]") {
  TopologyBuilder builder;
  const NodeIndex port = builder.root_port();
  const NodeIndex first = builder.function(port, 0, with_bar(0x9000'0000, 0x10'0000));
  const NodeIndex second = builder.function(port, 1, with_bar(0x9010'0000, 0x10'0000));
  builder.set_link_disable(port, true);
  const auto peer = leave_device(builder.topology(), first, write_request(builder.id(first), 0x9010'0000));
  REQUIRE(peer.has_value());
  CHECK(peer->action == Action::downstream);
  CHECK(peer->target == second);
  const auto up = leave_device(builder.topology(), first, read_request(builder.id(first), memory));
  REQUIRE(up.has_value());
  check_lost(*up, first, CompletionStatus::timeout);
}
