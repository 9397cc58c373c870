// SPDX-License-Identifier: Apache-2.0
#include "pcie/configuration_tree.h"

#include "pcie/id_routing.h"

#include <stdexcept>
#include <utility>

namespace iommusim::pcie {

NodeIndex ConfigurationTree::add(PortType type, NodeIndex parent, std::uint8_t devfn, ConfigSpace config) {
  const auto index = static_cast<NodeIndex>(functions_.size());
  if (functions_.size() >= index_of(NodeIndex::none)) throw std::invalid_argument("a tree has too many functions");
  Decoded decoded = decode(config);
  functions_.push_back({type, devfn, parent, std::move(config), decoded, {}});
  (parent == NodeIndex::none ? on_root_bus_ : functions_[index_of(parent)].children).push_back(index);
  return index;
}

/// One level down per step, so the depth of the tree bounds the search.
NodeIndex ConfigurationTree::find(RequesterId id) const {
  if (id.bus() == root_bus_) return with_devfn(on_root_bus_, id.devfn());
  NodeIndex port = port_towards(on_root_bus_, id.bus());
  while (port != NodeIndex::none) {
    const Function& above = functions_[index_of(port)];
    if (above.decoded.secondary_bus == id.bus())
      return passes_device_number(above.type, above.decoded, id.device()) ? with_devfn(above.children, id.devfn())
                                                                          : NodeIndex::none;
    port = port_towards(above.children, id.bus());
  }
  return NodeIndex::none;
}

std::uint32_t ConfigurationTree::read(RequesterId id, unsigned offset, unsigned width) const {
  const NodeIndex function = find(id);
  if (function == NodeIndex::none) return width == 1 ? 0xFF : width == 2 ? 0xFFFF : 0xFFFF'FFFF;
  return functions_[index_of(function)].config.read(offset, width);
}

void ConfigurationTree::write(RequesterId id, unsigned offset, unsigned width, std::uint32_t value) {
  const NodeIndex index = find(id);
  if (index == NodeIndex::none) return;
  Function& function = functions_[index_of(index)];
  function.config.write(offset, width, value);
  function.decoded = decode(function.config);
}

NodeIndex ConfigurationTree::with_devfn(const std::vector<NodeIndex>& bus, std::uint8_t devfn) const {
  for (const NodeIndex index : bus)
    if (functions_[index_of(index)].devfn == devfn) return index;
  return NodeIndex::none;
}

NodeIndex ConfigurationTree::port_towards(const std::vector<NodeIndex>& bus, std::uint8_t wanted) const {
  for (const NodeIndex index : bus)
    if (bus_is_below(functions_[index_of(index)].decoded, wanted)) return index;
  return NodeIndex::none;
}

}  // namespace iommusim::pcie
