// SPDX-License-Identifier: Apache-2.0
// The ends that routing decisions have in common. Internal to the routing procedures.
#pragma once

#include "pcie/request_range.h"
#include "pcie/routing.h"

namespace iommusim::pcie {

/// A posted request has no completion, whatever happens to it.
inline RouteDecision reject_at(NodeIndex node, const Access& access, CompletionStatus non_posted, const Rule& rule) {
  return {Action::reject, node, 0, access.posted() ? CompletionStatus::none : non_posted, &rule};
}

inline RouteDecision unsupported_at(NodeIndex node, const Access& access, const Rule& rule) {
  return reject_at(node, access, CompletionStatus::unsupported_request, rule);
}

inline RouteDecision upstream_by(const Rule& rule) {
  return {Action::upstream, NodeIndex::none, 0, CompletionStatus::none, &rule};
}

inline RouteDecision downstream_to(NodeIndex port, const Rule& rule) {
  return {Action::downstream, port, 0, CompletionStatus::none, &rule};
}

/// Onto the link below `port`, unless software has disabled it, or it blocks poisoned TLPs on their way out (2.7.2.2).
/// What no device can take is unsupported first (6.2.3.2.3).
inline RouteDecision onto_link(const Topology& topology, NodeIndex port, const Access& access, const Rule& rule) {
  const Node& node = topology[port];
  if (node.decoded.link_disabled) return unsupported_at(port, access, rules::port_link_down);
  if (access.poisoned && node.decoded.blocks_poisoned_egress && !node.children.empty())
    return unsupported_at(port, access, rules::port_poisoned_egress_blocked);
  return downstream_to(port, rule);
}

/// BAR `bar` of `node` holds the first byte; it must hold them all, and poisoned data changes nothing in it (2.7.2.2).
inline RouteDecision claim_bar(const Topology& topology, NodeIndex node, std::uint8_t bar, const Access& access,
                               const Rule& rule) {
  if (!topology[node].decoded.bars[bar]->contains(request_range(access)))
    return unsupported_at(node, access, rules::bar_overrun);
  if (access.poisoned) return unsupported_at(node, access, rules::completer_poisoned);
  return {Action::claim, node, bar, CompletionStatus::none, &rule};
}

}  // namespace iommusim::pcie
