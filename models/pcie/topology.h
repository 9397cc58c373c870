// SPDX-License-Identifier: Apache-2.0
// The tree of PCI Express functions below the host bridges, with the decoded state that routing needs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/component.h"
#include "base/range.h"
#include "base/requester_id.h"
#include "pcie/acs.h"
#include "pcie/config_space.h"

namespace iommusim::pcie {

/// Index of a node in its Topology.
enum class NodeIndex : std::uint16_t { none = 0xFFFF };
constexpr std::size_t index_of(NodeIndex node) { return static_cast<std::size_t>(node); }

/// Device/Port Type of the PCI Express capability (PCIe base specification, 7.5.3.2).
enum class PortType : std::uint8_t {
  endpoint = 0x0,
  legacy_endpoint = 0x1,
  root_port = 0x4,
  upstream_port = 0x5,
  downstream_port = 0x6,
  root_complex_endpoint = 0x9,
};

/// What routing needs of a function's configuration space, decoded once per configuration write.
struct Decoded {
  bool memory_space_enable = false;
  bool bus_master_enable = false;
  /// Type 1 only.
  std::uint8_t secondary_bus = 0;
  std::uint8_t subordinate_bus = 0;
  /// Bridge windows that are open (base <= limit): memory, prefetchable.
  std::array<std::optional<Range<BusAddr>>, 2> windows;
  /// Memory BARs by index; a 64-bit BAR stands at its lower index. Empty: absent, I/O, or not decoding.
  std::array<std::optional<Range<BusAddr>>, 6> bars;
  /// Effective ACS controls: bits set in control and in capability. All clear without the capability.
  AcsControl acs;
  bool has_acs = false;
};

struct Node {
  ComponentId id = ComponentId::none;
  PortType type = PortType::endpoint;
  RequesterId requester;
  std::uint16_t segment = 0;
  /// Host bridge that the node hangs below.
  std::uint8_t host_bridge = 0;
  /// Port number (PCIe base specification, Link Capabilities): indexes egress control vectors.
  std::uint8_t port_number = 0;
  NodeIndex parent = NodeIndex::none;
  std::vector<NodeIndex> children;
  ConfigSpace config;
  Decoded decoded;
};

/// Owns all nodes. Parents come before their children. Structure is fixed after building; configuration is not.
class Topology {
 public:
  /// Appends a node below node.parent (none: on a root bus). Its configuration space is decoded.
  NodeIndex add(Node node);

  const Node& operator[](NodeIndex node) const { return nodes_[index_of(node)]; }
  std::size_t size() const { return nodes_.size(); }
  /// Root ports and root-complex integrated endpoints of a host bridge.
  const std::vector<NodeIndex>& root_bus(std::uint8_t host_bridge) const;

  /// The function with this ID, or none.
  NodeIndex find(std::uint16_t segment, RequesterId id) const;

  /// Configuration cycles. Reads of an absent function give all-ones; writes to it are lost.
  /// A write takes effect for the next routing decision. Decoded state is refreshed here and nowhere else.
  std::uint32_t config_read(std::uint16_t segment, RequesterId id, unsigned offset, unsigned width) const;
  void config_write(std::uint16_t segment, RequesterId id, unsigned offset, unsigned width, std::uint32_t value);

  /// Grows with every configuration write: what was derived from an older generation must be derived again.
  std::uint64_t generation() const { return generation_; }

 private:
  std::vector<Node> nodes_;
  std::vector<std::vector<NodeIndex>> root_buses_;
  std::uint64_t generation_ = 0;
};

/// True when `bus` lies in [secondary, subordinate] of the type 1 node.
bool bus_is_below(const Node& port, std::uint8_t bus);

}  // namespace iommusim::pcie
