// SPDX-License-Identifier: Apache-2.0
// Completions are routed by the requester's bus number. Neither Bus Master Enable nor Source Validation
// concerns them.
#include "pcie/routing.h"
#include "pcie/rules.h"

namespace iommusim::pcie {

namespace {

RouteDecision decision(Action action, const Rule& rule, NodeIndex target = NodeIndex::none) {
  return {action, target, 0, CompletionStatus::none, &rule};
}

NodeIndex sibling_above(const Topology& topology, NodeIndex ingress, std::uint8_t bus) {
  for (const NodeIndex other : topology[topology[ingress].parent].children) {
    const Node& sibling = topology[other];
    if (other != ingress && sibling.type == PortType::downstream_port && bus_is_below(sibling, bus)) return other;
  }
  return NodeIndex::none;
}

}  // namespace

RouteDecision route_completion_from_below(const Topology& topology, NodeIndex ingress, RequesterId requester,
                                          bool relaxed_ordering) {
  const Node& port = topology[ingress];
  const AcsControl acs = port.decoded.acs;
  if (bus_is_below(port, requester.bus())) {
    const bool forward = acs.get<AcsControl::UpstreamForwarding>() != 0;
    return forward ? decision(Action::upstream, rules::acs_upstream_forwarding)
                   : decision(Action::reject, rules::completion_u_turn);
  }
  if (port.type != PortType::downstream_port) return decision(Action::upstream, rules::completion_upstream);

  const NodeIndex peer = sibling_above(topology, ingress, requester.bus());
  if (peer != NodeIndex::none) {
    const bool redirect = acs.get<AcsControl::P2pCompletionRedirect>() != 0 && !relaxed_ordering;
    return redirect ? decision(Action::upstream, rules::acs_completion_redirect)
                    : decision(Action::downstream, rules::completion_direct_peer, peer);
  }
  if (bus_is_below(topology[port.parent], requester.bus()))
    return decision(Action::reject, rules::completion_unexpected);
  return decision(Action::upstream, rules::completion_upstream);
}

}  // namespace iommusim::pcie
