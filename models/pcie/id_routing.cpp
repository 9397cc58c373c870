// SPDX-License-Identifier: Apache-2.0
#include "pcie/id_routing.h"

namespace iommusim::pcie {

namespace {

/// The port that turns a configuration request of type 1 into type 0 looks at the device number.
bool device_number_passes(const Topology& topology, const Node& function) {
  const Node& port = topology[function.parent];
  const bool faces_link = port.type == PortType::root_port || port.type == PortType::downstream_port;
  if (!faces_link || port.decoded.ari_forwarding) return true;
  return function.requester.bus() != port.decoded.secondary_bus || function.requester.device() == 0;
}

}  // namespace

bool bus_reaches(const Topology& topology, NodeIndex function) {
  const std::uint8_t bus = topology[function].requester.bus();
  for (NodeIndex port = topology[function].parent; port != NodeIndex::none; port = topology[port].parent)
    if (!bus_is_below(topology[port], bus)) return false;
  return true;
}

bool config_reaches(const Topology& topology, NodeIndex function) {
  const Node& node = topology[function];
  if (!node.decoded.present) return false;
  if (node.parent == NodeIndex::none) return true;
  if (is_virtual(node) && !bus_reaches(topology, function)) return false;
  return device_number_passes(topology, node);
}

}  // namespace iommusim::pcie
