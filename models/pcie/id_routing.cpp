// SPDX-License-Identifier: Apache-2.0
#include "pcie/id_routing.h"

namespace iommusim::pcie {

namespace {

/// Beyond the secondary bus there are virtual functions only, whose requests stay of type 1.
bool device_number_passes(const Topology& topology, const Node& function) {
  const Node& port = topology[function.parent];
  return function.requester.bus() != port.decoded.secondary_bus ||
         passes_device_number(port.type, port.decoded, function.requester.device());
}

}  // namespace

bool passes_device_number(PortType port, const Decoded& decoded, std::uint8_t device) {
  const bool faces_link = port == PortType::root_port || port == PortType::downstream_port;
  return !faces_link || decoded.ari_forwarding || device == 0;
}

bool bus_reaches(const Topology& topology, NodeIndex function) {
  const std::uint8_t bus = topology[function].requester.bus();
  for (NodeIndex port = topology[function].parent; port != NodeIndex::none; port = topology[port].parent)
    if (!bus_is_below(topology[port], bus)) return false;
  return true;
}

bool links_reach(const Topology& topology, NodeIndex node) {
  for (NodeIndex at = node; at != NodeIndex::none; at = topology[at].parent)
    if (is_link_disabled(topology, at)) return false;
  return true;
}

bool config_reaches(const Topology& topology, NodeIndex function) {
  const Node& node = topology[function];
  if (!node.decoded.present) return false;
  if (node.parent == NodeIndex::none) return true;
  if (!links_reach(topology, function)) return false;
  if (is_virtual(node) && !bus_reaches(topology, function)) return false;
  return device_number_passes(topology, node);
}

}  // namespace iommusim::pcie
