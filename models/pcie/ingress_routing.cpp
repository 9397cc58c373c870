// SPDX-License-Identifier: Apache-2.0
// A request on its way up enters a switch downstream port or a root port: PCIe base specification, 6.12, in
// the order of the PCIe base specification, 6.12.3.
#include "pcie/id_routing.h"
#include "pcie/peer_access.h"
#include "pcie/route_decisions.h"
#include "pcie/routing.h"

#include <optional>

namespace iommusim::pcie {

namespace {

/// One request at one ingress port. Every step either decides or leaves the request to the next.
class Ingress {
 public:
  Ingress(const Topology& topology, NodeIndex index, const Access& access)
      : topology_{topology}, index_{index}, port_{topology[index]}, access_{access} {}

  RouteDecision decide() const {
    if (const auto refused = before_decode()) return *refused;
    if (const auto decision = own_bar()) return *decision;
    if (in_switch())
      if (const auto decision = upstream_port_bar()) return *decision;
    if (port_.decoded.window_claims(access_.address)) return own_window();
    if (!in_switch()) return upstream(rules::root_port_upstream);
    if (const auto decision = sibling()) return *decision;
    return beyond_siblings();
  }

 private:
  template <class F>
  typename F::value_type control() const {
    return port_.decoded.acs.get<F>();
  }
  template <class F>
  bool enabled() const {
    return control<F>() != 0;
  }
  bool in_switch() const { return port_.type == PortType::downstream_port; }

  RouteDecision unsupported(const Rule& rule) const { return unsupported_at(index_, access_, rule); }
  RouteDecision violation(const Rule& rule) const {
    return reject_at(index_, access_, CompletionStatus::completer_abort, rule);
  }
  /// A request that leaves a downstream port upwards also passes its switch's upstream port.
  RouteDecision upstream(const Rule& rule) const {
    if (in_switch() && !topology_[port_.parent].decoded.bus_master_enable)
      return unsupported_at(port_.parent, access_, rules::port_bus_master_disabled);
    if (in_switch() && is_link_disabled(topology_, port_.parent))
      return reject_at(port_.parent, access_, CompletionStatus::timeout, rules::link_disabled);
    return upstream_by(rule);
  }

  std::optional<RouteDecision> before_decode() const;
  std::optional<RouteDecision> own_bar() const;
  std::optional<RouteDecision> upstream_port_bar() const;
  RouteDecision own_window() const;
  std::optional<RouteDecision> sibling() const;
  RouteDecision peer(NodeIndex target) const;
  RouteDecision downstream_port_bar(NodeIndex target, std::uint8_t bar) const;
  RouteDecision beyond_siblings() const;

  const Topology& topology_;
  NodeIndex index_;
  const Node& port_;
  const Access& access_;
};

/// Source Validation looks at the bus number only: devices below one port can take each other's identity.
std::optional<RouteDecision> Ingress::before_decode() const {
  if (!port_.decoded.bus_master_enable) return unsupported(rules::port_bus_master_disabled);
  if (enabled<AcsControl::SourceValidation>() && !bus_is_below(port_, access_.requester.bus()))
    return violation(rules::acs_source_validation);
  if (enabled<AcsControl::TranslationBlocking>() && access_.address_type != AddressType::untranslated)
    return violation(rules::acs_translation_blocking);
  return std::nullopt;
}

std::optional<RouteDecision> Ingress::own_bar() const {
  if (const auto bar = port_.decoded.bar_with(access_.address)) return downstream_port_bar(index_, *bar);
  return std::nullopt;
}

RouteDecision Ingress::downstream_port_bar(NodeIndex target, std::uint8_t bar) const {
  switch (control<AcsControl::DownstreamMemoryTarget>()) {
    case MemoryTargetAccess::direct: break;
    case MemoryTargetAccess::request_redirect: return upstream(rules::acs_downstream_target_redirect);
    case MemoryTargetAccess::request_blocking:
    case MemoryTargetAccess::reserved: return violation(rules::acs_downstream_target_blocked);
  }
  return claim_bar(topology_, target, bar, access_, rules::port_bar);
}

std::optional<RouteDecision> Ingress::upstream_port_bar() const {
  const auto bar = topology_[port_.parent].decoded.bar_with(access_.address);
  if (!bar) return std::nullopt;
  switch (control<AcsControl::UpstreamMemoryTarget>()) {
    case MemoryTargetAccess::direct: break;
    case MemoryTargetAccess::request_redirect: return upstream(rules::acs_upstream_target_redirect);
    case MemoryTargetAccess::request_blocking:
    case MemoryTargetAccess::reserved: return violation(rules::acs_upstream_target_blocked);
  }
  return claim_bar(topology_, port_.parent, *bar, access_, rules::port_bar);
}

/// No port sends a request back where it came from.
RouteDecision Ingress::own_window() const {
  if (enabled<AcsControl::UpstreamForwarding>()) return upstream(rules::acs_upstream_forwarding);
  if (port_.drops_u_turns) return reject_at(index_, access_, CompletionStatus::timeout, rules::port_u_turn_dropped);
  return unsupported(rules::port_u_turn);
}

std::optional<RouteDecision> Ingress::sibling() const {
  for (const NodeIndex other : topology_[port_.parent].children) {
    const Node& node = topology_[other];
    if (other == index_ || node.type != PortType::downstream_port || !node.decoded.memory_space_enable) continue;
    if (node.decoded.window_claims(access_.address)) return peer(other);
    if (const auto bar = node.decoded.bar_with(access_.address)) return downstream_port_bar(other, *bar);
  }
  return std::nullopt;
}

RouteDecision Ingress::peer(NodeIndex target) const {
  const PeerAccess decision = decide_peer_access(port_.decoded, topology_[target].port_number, access_.address_type);
  if (decision.route == PeerRoute::violation) return violation(*decision.rule);
  if (decision.route == PeerRoute::redirect) return upstream(*decision.rule);
  return onto_link(topology_, target, access_, decision.rule != nullptr ? *decision.rule : rules::switch_direct_peer);
}

RouteDecision Ingress::beyond_siblings() const {
  if (!topology_[port_.parent].decoded.window_claims(access_.address)) return upstream(rules::switch_upstream);
  if (enabled<AcsControl::UnclaimedRequestRedirect>()) return upstream(rules::acs_unclaimed_redirect);
  return unsupported(rules::switch_unclaimed);
}

}  // namespace

RouteDecision route_from_below(const Topology& topology, NodeIndex ingress, const Access& access) {
  return Ingress{topology, ingress, access}.decide();
}

}  // namespace iommusim::pcie
