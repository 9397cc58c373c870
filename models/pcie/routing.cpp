// SPDX-License-Identifier: Apache-2.0
#include "pcie/routing.h"

#include "pcie/pci_bridge.h"
#include "pcie/route_decisions.h"

namespace iommusim::pcie {

namespace {

bool can_address(const Node& function, const Access& access) {
  if (access.message || function.address_bits >= 64) return true;
  return request_range(access).last.value() >> function.address_bits == 0;
}

}  // namespace

RouteDecision issue(const Topology& topology, NodeIndex function, const Access& access) {
  if (!topology[function].decoded.present)
    return reject_at(function, access, CompletionStatus::none, rules::virtual_function_disabled);
  if (!topology[function].decoded.bus_master_enable)
    return reject_at(function, access, CompletionStatus::none, rules::bus_master_disabled);
  if (!can_address(topology[function], access))
    return reject_at(function, access, CompletionStatus::none, rules::address_bits);
  return upstream_by(rules::bus_master_enabled);
}

RouteDecision route_from_above(const Topology& topology, NodeIndex port, const Access& access) {
  const Node& node = topology[port];
  if (node.type == PortType::pci_bridge) return route_to_bus(topology, port, access);
  if (!node.decoded.memory_space_enable) return unsupported_at(port, access, rules::port_memory_space_disabled);
  if (const auto bar = node.decoded.bar_with(access.address))
    return claim_bar(topology, port, *bar, access, rules::port_bar);
  if (!node.decoded.window_claims(access.address)) return unsupported_at(port, access, rules::port_unclaimed);
  if (node.type != PortType::upstream_port) return onto_link(topology, port, access, rules::port_window);

  for (const NodeIndex child : node.children) {
    const Decoded& below = topology[child].decoded;
    if (below.window_claims(access.address)) return onto_link(topology, child, access, rules::port_window);
    if (const auto bar = below.bar_with(access.address))
      return claim_bar(topology, child, *bar, access, rules::port_bar);
  }
  return unsupported_at(port, access, rules::switch_unclaimed);
}

RouteDecision claim(const Topology& topology, NodeIndex function, const Access& access) {
  const Decoded& decoded = topology[function].decoded;
  if (!decoded.present) return unsupported_at(function, access, rules::virtual_function_disabled);
  if (!decoded.memory_space_enable) return unsupported_at(function, access, rules::memory_space_disabled);
  const auto bar = decoded.bar_with(access.address);
  if (!bar) return unsupported_at(function, access, rules::bar_unclaimed);
  return claim_bar(topology, function, *bar, access, rules::bar_claim);
}

}  // namespace iommusim::pcie
