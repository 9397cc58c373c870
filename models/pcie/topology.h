// SPDX-License-Identifier: Apache-2.0
// The tree of PCI Express functions below the host bridges, with the decoded state that routing needs.
#pragma once

#include "base/component.h"
#include "base/requester_id.h"
#include "pcie/config_space.h"
#include "pcie/decoded.h"
#include "pcie/pci_express_capability.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace iommusim::pcie {

/// Index of a node in its Topology.
enum class NodeIndex : std::uint16_t { none = 0xFFFF };
constexpr std::size_t index_of(NodeIndex node) {
  return static_cast<std::size_t>(node);
}

struct Node {
  ComponentId id = ComponentId::none;
  PortType type = PortType::endpoint;
  RequesterId requester;
  std::uint16_t segment = 0;
  /// Host bridge that the node hangs below.
  std::uint8_t host_bridge = 0;
  /// Port number (PCIe base specification, Link Capabilities): indexes egress control vectors.
  std::uint8_t port_number = 0;
  /// Root ports: a request for the port's own window is dropped without an answer where others refuse it.
  bool drops_u_turns = false;
  /// Endpoints: address bits of the DMA engine, 1 to 64. What does not fit, no software can program into the device.
  std::uint8_t address_bits = 64;
  NodeIndex parent = NodeIndex::none;
  /// Virtual functions: the physical function, which comes before them, and the number from 1.
  NodeIndex physical_function = NodeIndex::none;
  std::uint16_t vf_number = 0;
  /// Physical functions: their virtual functions.
  std::vector<NodeIndex> virtual_functions;
  std::vector<NodeIndex> children;
  ConfigSpace config;
  Decoded decoded;
};

inline bool is_virtual(const Node& node) {
  return node.physical_function != NodeIndex::none;
}

/// Owns all nodes. Parents come before their children. Structure is fixed after building; configuration is
/// not.
class Topology {
 public:
  /// Appends a node below node.parent (none: on a root bus). Its configuration space is decoded.
  /// Throws std::invalid_argument when the parent is no port of this topology or the ID is taken.
  NodeIndex add(Node node);

  const Node& operator[](NodeIndex node) const { return nodes_[index_of(node)]; }
  std::size_t size() const { return nodes_.size(); }
  /// Root ports and root-complex integrated endpoints of a host bridge.
  const std::vector<NodeIndex>& root_bus(std::uint8_t host_bridge) const;

  /// The function with this ID, or none.
  NodeIndex find(std::uint16_t segment, RequesterId id) const;

  /// Configuration cycles. Reads of a function that they do not reach (see id_routing.h) give all-ones; writes to it
  /// are lost. A write takes effect for the next routing decision. Decoded state is refreshed here and nowhere else.
  std::uint32_t config_read(std::uint16_t segment, RequesterId id, unsigned offset, unsigned width) const;
  void config_write(std::uint16_t segment, RequesterId id, unsigned offset, unsigned width, std::uint32_t value);

  /// Hardware's side of registers that routing does not read, status and logs: no decision changes.
  void latch(NodeIndex node, unsigned offset, unsigned width, std::uint32_t bits) {
    nodes_[index_of(node)].config.latch(offset, width, bits);
  }
  void record(NodeIndex node, unsigned offset, unsigned width, std::uint32_t value) {
    nodes_[index_of(node)].config.record(offset, width, value);
  }

  /// Grows with every configuration write: what was derived from an older generation must be derived again.
  std::uint64_t generation() const { return generation_; }

 private:
  void refresh(Node& node);

  std::vector<Node> nodes_;
  std::vector<std::vector<NodeIndex>> root_buses_;
  /// Segment 31:16, requester ID 15:0.
  std::unordered_map<std::uint32_t, NodeIndex> by_id_;
  std::uint64_t generation_ = 0;
};

/// True when `bus` lies in [secondary, subordinate] of the type 1 node. A secondary bus number of 0 is the
/// reset value: the port has not been configured, and nothing is below it.
inline bool bus_is_below(const Decoded& port, std::uint8_t bus) {
  return port.secondary_bus != 0 && port.secondary_bus <= bus && bus <= port.subordinate_bus;
}
inline bool bus_is_below(const Node& port, std::uint8_t bus) {
  return bus_is_below(port.decoded, bus);
}

}  // namespace iommusim::pcie
