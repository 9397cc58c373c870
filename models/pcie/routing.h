// SPDX-License-Identifier: Apache-2.0
// What each port does with a memory request or a completion: pure decisions over the configured topology.
// The simulator's modules, the static IOVA map and `explain` all ask these functions and no others.
#pragma once

#include "base/access.h"
#include "base/rule.h"
#include "pcie/rules.h"
#include "pcie/topology.h"

#include <cstdint>

namespace iommusim::pcie {

enum class Action : std::uint8_t {
  /// Leaves towards the root through this port's upstream side (at a root port: into the root complex).
  upstream,
  /// Leaves downwards through `target` (a downstream port or root port), towards its secondary bus.
  downstream,
  /// `target` (an endpoint or a port) claims it with BAR `bar`.
  claim,
  /// Stops at `target` with `status`.
  reject,
};

struct RouteDecision {
  Action action = Action::reject;
  /// Where the request goes or ends; none for upstream.
  NodeIndex target = NodeIndex::none;
  std::uint8_t bar = 0;
  CompletionStatus status = CompletionStatus::none;
  const Rule* rule = nullptr;
};

/// Who applied the rule of a decision that `asked` was asked for: a switch's downstream port also answers for the
/// upstream port and for the BARs of its siblings, and then those refuse.
inline NodeIndex decider(const RouteDecision& decision, NodeIndex asked) {
  return decision.action == Action::reject ? decision.target : asked;
}

/// A function wants to send a request: may it (Bus Master Enable), and can it (address bits of its DMA engine)?
/// Answers upstream or reject; a request that was never sent has no completion, so its status is `none`. Where it goes
/// from there leave_device() says.
RouteDecision issue(const Topology& topology, NodeIndex function, const Access& access);

/// A request arrives on the secondary side of a switch downstream port or root port, from below.
/// Evaluation order of reference 2.3 and 3.1: Bus Master Enable, source validation, translation blocking,
/// decode (port BARs with memory target access, own window with upstream forwarding, siblings with direct
/// translated P2P, egress control and request redirect, then unclaimed request redirect). A downstream port
/// answers
///   upstream    through the switch's upstream port,
///   downstream  directly to a sibling downstream port (`target`),
///   claim       by a port's own BAR, or reject.
/// A root port answers upstream (into the root complex), claim or reject.
RouteDecision route_from_below(const Topology& topology, NodeIndex ingress, const Access& access);

/// A request arrives at a port's primary side, moving down: at a root port from the root complex, or at a
/// switch upstream port from its link. A root port answers downstream (itself) or claim or reject; an
/// upstream port picks the downstream port whose window holds the address, a PCIe-to-PCI bridge the function on its
/// bus. ACS never applies here.
RouteDecision route_from_above(const Topology& topology, NodeIndex port, const Access& access);

/// A request arrives at a function: the BAR that claims it, or unsupported request.
RouteDecision claim(const Topology& topology, NodeIndex function, const Access& access);

/// A completion for `requester` arrives on the secondary side of `ingress`: ID-routed by the requester's bus
/// number, P2P Completion Redirect applies. `relaxed_ordering` is the completion's attribute.
RouteDecision route_completion_from_below(const Topology& topology, NodeIndex ingress, RequesterId requester,
                                          bool relaxed_ordering);

}  // namespace iommusim::pcie
