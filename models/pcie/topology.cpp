// SPDX-License-Identifier: Apache-2.0
#include "pcie/topology.h"

#include "pcie/id_routing.h"
#include "pcie/virtual_function.h"

#include <stdexcept>
#include <utility>

namespace iommusim::pcie {

namespace {
std::uint32_t key_of(std::uint16_t segment, RequesterId id) {
  return std::uint32_t{segment} << 16 | id.raw();
}
}  // namespace

NodeIndex Topology::add(Node node) {
  const auto index = static_cast<NodeIndex>(nodes_.size());
  if (index == NodeIndex::none) throw std::invalid_argument("topology has too many functions");
  const bool on_root_bus = node.parent == NodeIndex::none;
  if (!on_root_bus && (index_of(node.parent) >= nodes_.size() || !is_port(nodes_[index_of(node.parent)].type)))
    throw std::invalid_argument("a function's parent must be a port that was added before it");
  if (is_virtual(node) && index_of(node.physical_function) >= nodes_.size())
    throw std::invalid_argument("a virtual function must be added after its physical function");
  if (!by_id_.emplace(key_of(node.segment, node.requester), index).second)
    throw std::invalid_argument("two functions of a segment have the ID " + to_string(node.requester));

  if (on_root_bus) {
    if (root_buses_.size() <= node.host_bridge) root_buses_.resize(node.host_bridge + std::size_t{1});
    root_buses_[node.host_bridge].push_back(index);
  } else {
    nodes_[index_of(node.parent)].children.push_back(index);
  }
  if (is_virtual(node)) nodes_[index_of(node.physical_function)].virtual_functions.push_back(index);
  nodes_.push_back(std::move(node));
  refresh(nodes_.back());
  return index;
}

const std::vector<NodeIndex>& Topology::root_bus(std::uint8_t host_bridge) const {
  static const std::vector<NodeIndex> empty;
  return host_bridge < root_buses_.size() ? root_buses_[host_bridge] : empty;
}

NodeIndex Topology::find(std::uint16_t segment, RequesterId id) const {
  const auto it = by_id_.find(key_of(segment, id));
  return it == by_id_.end() ? NodeIndex::none : it->second;
}

std::uint32_t Topology::config_read(std::uint16_t segment, RequesterId id, unsigned offset, unsigned width) const {
  const NodeIndex node = find(segment, id);
  if (node == NodeIndex::none || !config_reaches(*this, node))
    return width == 1 ? 0xFF : width == 2 ? 0xFFFF : 0xFFFF'FFFF;
  return nodes_[index_of(node)].config.read(offset, width);
}

void Topology::config_write(std::uint16_t segment, RequesterId id, unsigned offset, unsigned width,
                            std::uint32_t value) {
  const NodeIndex index = find(segment, id);
  if (index == NodeIndex::none || !config_reaches(*this, index)) return;
  Node& node = nodes_[index_of(index)];
  node.config.write(offset, width, value);
  refresh(node);
  ++generation_;
}

/// The decoded state of a virtual function follows its own and its physical function's configuration space.
void Topology::refresh(Node& node) {
  if (is_virtual(node)) {
    const Node& physical = nodes_[index_of(node.physical_function)];
    node.decoded = decode_virtual_function(node.config, decode_vf_controls(physical.config), node.vf_number);
    return;
  }
  node.decoded = decode(node.config);
  if (node.virtual_functions.empty()) return;
  const VfControls controls = decode_vf_controls(node.config);
  for (const NodeIndex index : node.virtual_functions) {
    Node& virtual_function = nodes_[index_of(index)];
    virtual_function.decoded = decode_virtual_function(virtual_function.config, controls, virtual_function.vf_number);
  }
}

}  // namespace iommusim::pcie
