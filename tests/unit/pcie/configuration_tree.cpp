// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.3.3 (configuration request routing), 7.3.1 and 6.13 (device numbers on a link).
#include "pcie/configuration_tree.h"

#include "pcie/capability_list.h"
#include "support/tree_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using pcie::NodeIndex;
using pcie::PortType;
using tests::TreeBus;

namespace {

void set_buses(TreeBus& bus, RequesterId port, std::uint8_t secondary, std::uint8_t subordinate) {
  bus.config_write(0, port, 0x19, 1, secondary);
  bus.config_write(0, port, 0x1A, 1, subordinate);
}

}  // namespace

TEST_CASE("At power-on only the root bus answers", "[pcie]") {
  TreeBus bus{0x20};
  const NodeIndex port = bus.root_port(1);
  bus.endpoint(port);
  CHECK(bus.tree().find(RequesterId{0x20, 1, 0}) == port);
  CHECK(bus.tree().find(RequesterId{0x21, 0, 0}) == NodeIndex::none);
  CHECK(bus.config_read(0, RequesterId{0x20, 2, 0}, 0, 2) == 0xFFFF);
  CHECK(bus.config_read(0, RequesterId{0x20, 2, 0}, 0, 1) == 0xFF);
  CHECK(bus.config_read(0, RequesterId{0x00, 1, 0}, 0, 4) == 0xFFFF'FFFF);
}

TEST_CASE("Ports pass a request on to the bus that lies below them", "[pcie]") {
  TreeBus bus;
  const NodeIndex root = bus.root_port(1);
  const NodeIndex upstream = bus.port(PortType::upstream_port, root);
  const NodeIndex left = bus.port(PortType::downstream_port, upstream, 0x00);
  const NodeIndex right = bus.port(PortType::downstream_port, upstream, 0x08);
  const NodeIndex endpoint = bus.endpoint(right);
  set_buses(bus, {0, 1, 0}, 1, 9);
  set_buses(bus, {1, 0, 0}, 2, 9);
  set_buses(bus, {2, 0, 0}, 3, 3);
  set_buses(bus, {2, 1, 0}, 7, 8);
  CHECK(bus.tree().find({2, 0, 0}) == left);
  CHECK(bus.tree().find({7, 0, 0}) == endpoint);
  CHECK(bus.tree().find({3, 0, 0}) == NodeIndex::none);
  CHECK(bus.tree().find({8, 0, 0}) == NodeIndex::none);
  CHECK(bus.tree().find({9, 0, 0}) == NodeIndex::none);
  set_buses(bus, {0, 1, 0}, 1, 6);
  CHECK(bus.tree().find({7, 0, 0}) == NodeIndex::none);
}

TEST_CASE("On a link only device 0 exists unless the port forwards ARI", "[pcie]") {
  TreeBus bus;
  const NodeIndex root = bus.root_port(1);
  const NodeIndex ninth = bus.add(root, 0x08, {});
  set_buses(bus, {0, 1, 0}, 1, 1);
  CHECK(bus.tree().find({1, 1, 0}) == NodeIndex::none);
  const auto express = pcie::find_capability(pcie::reader_of(bus.tree()[root].config), pcie::CapabilityId::pci_express);
  bus.config_write(0, {0, 1, 0}, *express + 0x28, 2, 0x20);
  CHECK(bus.tree().find({1, 1, 0}) == ninth);
}

TEST_CASE("Behind a PCI bridge and inside a switch every device number may exist", "[pcie]") {
  TreeBus bus;
  const NodeIndex bridge = bus.port(PortType::pci_bridge, NodeIndex::none, 0x10);
  pcie::FunctionConfig conventional;
  conventional.type = PortType::conventional;
  const NodeIndex device = bus.add(bridge, 31 << 3, conventional);
  set_buses(bus, {0, 2, 0}, 1, 1);
  CHECK(bus.tree().find({1, 31, 0}) == device);
}

TEST_CASE("Of two functions with one number the first answers", "[pcie]") {
  TreeBus bus;
  const NodeIndex first = bus.root_port(1);
  bus.root_port(1);
  CHECK(bus.tree().find({0, 1, 0}) == first);
}
