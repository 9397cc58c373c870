// SPDX-License-Identifier: Apache-2.0
// Oracle: the contract in pcie/topology.h and PCIe base specification, 2.3.2 (absent functions).
#include "pcie/topology.h"

#include "support/topology_builder.h"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("Functions are found by segment and ID", "[pcie]") {
  const SwitchBench bench;
  CHECK(bench.topology().find(0, RequesterId{3, 0, 0}) == bench.device_a);
  CHECK(bench.topology().find(0, RequesterId{4, 0, 0}) == bench.device_b);
  CHECK(bench.topology().find(1, RequesterId{3, 0, 0}) == NodeIndex::none);
  CHECK(bench.topology().find(0, RequesterId{3, 1, 0}) == NodeIndex::none);
}

TEST_CASE("An absent function reads all-ones in the width of the read, and writes to it are lost", "[pcie]") {
  TopologyBuilder builder;
  const NodeIndex absent = builder.root_port();
  const std::uint64_t generation = builder.topology().generation();
  Topology topology = builder.topology();
  CHECK(topology.config_read(0, RequesterId{9, 0, 0}, 0, 4) == 0xFFFF'FFFF);
  CHECK(topology.config_read(0, RequesterId{9, 0, 0}, 0, 2) == 0xFFFF);
  CHECK(topology.config_read(0, RequesterId{9, 0, 0}, 0, 1) == 0xFF);
  topology.config_write(0, RequesterId{9, 0, 0}, 4, 2, 0x6);
  CHECK(topology.generation() == generation);
  CHECK(topology[absent].decoded.bus_master_enable);
}

TEST_CASE("A configuration write takes effect at once and starts a new generation", "[pcie]") {
  SwitchBench bench;
  const std::uint64_t before = bench.topology().generation();
  CHECK(bench.topology()[bench.device_a].decoded.bus_master_enable);
  bench.builder.set_command(bench.device_a, true, false);
  CHECK_FALSE(bench.topology()[bench.device_a].decoded.bus_master_enable);
  CHECK(bench.topology().generation() > before);
}

TEST_CASE("The tree knows parents, children and root buses", "[pcie]") {
  const SwitchBench bench;
  CHECK(bench.topology()[bench.upstream].children == std::vector<NodeIndex>{bench.left, bench.right});
  CHECK(bench.topology()[bench.left].parent == bench.upstream);
  CHECK(bench.topology().root_bus(0) == std::vector<NodeIndex>{bench.root});
  CHECK(bench.topology().root_bus(7).empty());
}

TEST_CASE("A topology refuses a second function with the same ID and a parent that is no port", "[pcie]") {
  Topology topology;
  Node node;
  const NodeIndex first = topology.add(node);
  CHECK_THROWS_AS(topology.add(node), std::invalid_argument);
  node.requester = RequesterId{1, 0, 0};
  node.parent = first;  // An endpoint.
  CHECK_THROWS_AS(topology.add(node), std::invalid_argument);
}

TEST_CASE("A port whose bus numbers were never written has nothing below it", "[pcie]") {
  Node port;
  port.type = PortType::root_port;
  CHECK_FALSE(bus_is_below(port, 0));
  port.decoded.secondary_bus = 3;
  port.decoded.subordinate_bus = 5;
  CHECK_FALSE(bus_is_below(port, 2));
  CHECK(bus_is_below(port, 3));
  CHECK(bus_is_below(port, 5));
  CHECK_FALSE(bus_is_below(port, 6));
}
