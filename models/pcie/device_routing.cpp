// SPDX-License-Identifier: Apache-2.0
#include "pcie/device_routing.h"

#include "pcie/id_routing.h"
#include "pcie/peer_access.h"
#include "pcie/route_decisions.h"

namespace iommusim::pcie {

namespace {

const std::vector<NodeIndex>& neighbours(const Topology& topology, NodeIndex function) {
  const Node& node = topology[function];
  return node.parent == NodeIndex::none ? topology.root_bus(node.host_bridge) : topology[node.parent].children;
}

/// On a conventional bus everybody sees every request anyway.
bool is_endpoint(const Node& node) {
  return !is_port(node.type) && node.type != PortType::conventional;
}

/// Below these ports there is one device, whatever its functions' numbers.
bool stands_on_link(const Topology& topology, NodeIndex function) {
  const NodeIndex parent = topology[function].parent;
  if (parent == NodeIndex::none) return false;
  return topology[parent].type == PortType::root_port || topology[parent].type == PortType::downstream_port;
}

std::uint8_t function_number(const Topology& topology, NodeIndex function) {
  const RequesterId id = topology[function].requester;
  return stands_on_link(topology, function) ? id.devfn() : id.function();
}

bool has_function_groups(const Topology& topology, NodeIndex function) {
  for (const NodeIndex other : neighbours(topology, function))
    if (same_device(topology, function, other) && function_number(topology, other) == 0)
      return topology[other].decoded.acs_function_groups;
  return false;
}

NodeIndex other_function_with(const Topology& topology, NodeIndex function, BusAddr address) {
  for (const NodeIndex other : neighbours(topology, function))
    if (other != function && topology[other].decoded.bar_with(address) && same_device(topology, function, other))
      return other;
  return NodeIndex::none;
}

}  // namespace

bool same_device(const Topology& topology, NodeIndex a, NodeIndex b) {
  const Node& first = topology[a];
  const Node& second = topology[b];
  if (!is_endpoint(first) || !is_endpoint(second) || first.parent != second.parent) return false;
  if (stands_on_link(topology, a)) return true;
  return first.segment == second.segment && first.requester.bus() == second.requester.bus() &&
         first.requester.device() == second.requester.device();
}

std::uint8_t egress_number(const Topology& topology, NodeIndex from, NodeIndex to) {
  return has_function_groups(topology, from) ? topology[to].decoded.function_group : function_number(topology, to);
}

std::optional<RouteDecision> route_in_device(const Topology& topology, NodeIndex function, const Access& access) {
  const NodeIndex peer = other_function_with(topology, function, access.address);
  if (peer == NodeIndex::none) return std::nullopt;
  const Decoded& own = topology[function].decoded;
  const PeerAccess decision = decide_peer_access(own, egress_number(topology, function, peer), access.address_type);
  switch (decision.route) {
    case PeerRoute::redirect: return upstream_by(*decision.rule);
    case PeerRoute::violation: return reject_at(function, access, CompletionStatus::completer_abort, *decision.rule);
    case PeerRoute::direct: break;
  }
  return downstream_to(peer, decision.rule != nullptr ? *decision.rule : rules::device_direct_peer);
}

std::optional<RouteDecision> leave_device(const Topology& topology, NodeIndex function, const Access& access) {
  const auto inside = route_in_device(topology, function, access);
  const bool leaves = !inside || inside->action == Action::upstream;
  if (leaves && is_link_disabled(topology, function))
    return reject_at(function, access, CompletionStatus::timeout, rules::link_disabled);
  return inside;
}

RouteDecision route_completion_in_device(const Topology& topology, NodeIndex completer, NodeIndex requester,
                                         bool relaxed_ordering) {
  const AcsControl acs = topology[completer].decoded.acs;
  if (acs.get<AcsControl::P2pCompletionRedirect>() != 0 && !relaxed_ordering)
    return upstream_by(rules::acs_completion_redirect);
  return downstream_to(requester, rules::completion_in_device);
}

}  // namespace iommusim::pcie
