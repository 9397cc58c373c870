// SPDX-License-Identifier: Apache-2.0
#include "pcie/pci_bridge.h"

#include "pcie/id_routing.h"
#include "pcie/route_decisions.h"

namespace iommusim::pcie {

namespace {

/// The function on the bus, other than its master, whose BAR holds the request.
RouteDecision find_target(const Topology& topology, NodeIndex bridge, const Access& access, NodeIndex master) {
  for (const NodeIndex function : topology[bridge].children) {
    if (function == master) continue;
    if (const auto bar = topology[function].decoded.bar_with(access.address))
      return claim_bar(topology, function, *bar, access, rules::pci_bus_peer);
  }
  return {Action::reject, bridge, 0, CompletionStatus::unsupported_request, &rules::pci_bus_master_abort};
}

}  // namespace

RequesterId alias_of(const Node& bridge) {
  return {bridge.decoded.secondary_bus, 0, 0};
}

RequesterId requester_above(const Topology& topology, NodeIndex function, RequesterId requester) {
  for (NodeIndex port = topology[function].parent; port != NodeIndex::none; port = topology[port].parent)
    if (topology[port].type == PortType::pci_bridge) requester = alias_of(topology[port]);
  return requester;
}

Access in_name_of(const Node& bridge, Access access) {
  access.requester = alias_of(bridge);
  access.address_type = AddressType::untranslated;
  access.pasid.reset();
  access.privileged = access.execute = false;
  access.relaxed_ordering = access.id_based_ordering = access.no_snoop = false;
  access.traffic_class = 0;
  return access;
}

RouteDecision route_on_bus(const Topology& topology, NodeIndex bridge, const Access& access) {
  const RouteDecision peer =
      find_target(topology, bridge, access, topology.find(topology[bridge].segment, access.requester));
  if (peer.rule != &rules::pci_bus_master_abort) return peer;
  const Decoded& decoded = topology[bridge].decoded;
  if (decoded.window_claims(access.address)) return peer;
  if (decoded.bus_master_enable && is_link_disabled(topology, bridge))
    return reject_at(bridge, access, CompletionStatus::timeout, rules::link_disabled);
  if (decoded.bus_master_enable) return upstream_by(rules::pci_bridge_upstream);
  return {Action::reject, bridge, 0, CompletionStatus::unsupported_request, &rules::port_bus_master_disabled};
}

RouteDecision route_to_bus(const Topology& topology, NodeIndex bridge, const Access& access) {
  const Decoded& decoded = topology[bridge].decoded;
  if (!decoded.memory_space_enable) return unsupported_at(bridge, access, rules::port_memory_space_disabled);
  if (const auto bar = decoded.bar_with(access.address))
    return claim_bar(topology, bridge, *bar, access, rules::port_bar);
  const bool positive = decoded.window_claims(access.address);
  if (!positive && !decoded.subtractive) return unsupported_at(bridge, access, rules::port_unclaimed);
  const RouteDecision target = find_target(topology, bridge, access, NodeIndex::none);
  if (target.action == Action::claim)
    return downstream_to(target.target, positive ? rules::port_window : rules::pci_bridge_subtractive);
  return reject_at(target.target, access, target.status, *target.rule);
}

}  // namespace iommusim::pcie
