// SPDX-License-Identifier: Apache-2.0
// What root ports and the root complex do with a request.
#include "oracle/slow_routing.h"

namespace iommusim::oracle {
namespace {

constexpr Span interrupt_window{0xFEE0'0000, 0xFEEF'FFFF};

}  // namespace

SlowAnswer SlowRouting::root_port(Index port) {
  if (const auto refused = refused_at_entry(port)) return *refused;
  const SlowAcs acs = acs_of(port);
  if (bar_of(port)) return port_bar(port, port, acs.downstream_target, "acs.dsp-memory-target-blocked");
  if (in_window(port) && !acs.upstream_forwarding) return u_turn(port);
  return root_complex(port);
}

/// The specification leaves the answer open (reading notes of section 8): platform parameter.
SlowAnswer SlowRouting::u_turn(Index port) const {
  if (!tree_.bridges[at(port).bridge].drops_u_turns) return refuse(port, "port.u-turn");
  return reject(port, at(port).bridge, SlowStatus::timeout, "port.u-turn-dropped");
}

SlowAnswer SlowRouting::root_complex(Index node) {
  const Index bridge = at(node).bridge;
  if (tree_.bridges[bridge].interrupt_window && interrupt_window.holds(address()))
    return arrive(SlowEnd::interrupt_window, node);
  if (const auto target = peer_on_root_buses(bridge, node))
    if (const auto answer = between_root_ports(node, *target)) return *answer;
  return inbound(node);
}

/// Step 4 of 3.3: a policy may look at the untranslated address. nullopt: on to the IOMMU.
std::optional<SlowAnswer> SlowRouting::between_root_ports(Index node, Index target) {
  switch (policy(node, target)) {
    case SlowPolicy::after_iommu: return std::nullopt;
    case SlowPolicy::none: return refuse_peer(at(node).bridge);
    case SlowPolicy::before_iommu: break;
  }
  return directly_between(node, target);
}

SlowPolicy SlowRouting::policy(Index from, Index to) const {
  const SlowBridge& host = tree_.bridges[at(from).bridge];
  for (const SlowPair& pair : host.pairs)
    if (pair.from == from && pair.to == to) return pair.policy;
  return host.policy;
}

/// RC_P2P=none: unsupported request, or a read of all-ones that succeeds (step 4 of 3.3).
SlowAnswer SlowRouting::refuse_peer(Index bridge) const {
  const bool succeeds = tree_.bridges[bridge].refused_reads_succeed;
  return reject(std::nullopt, bridge, succeeds ? SlowStatus::success : SlowStatus::unsupported_request,
                "host-bridge.peer-denied");
}

/// A sibling root port, or one of another host bridge of the same bus address space.
std::optional<Index> SlowRouting::peer_on_root_buses(Index bridge, Index node) const {
  if (const auto sibling = root_bus_owner(bridge, node)) return sibling;
  for (Index other = 0; other < tree_.bridges.size(); ++other)
    if (other != bridge && tree_.bridges[other].segment == tree_.bridges[bridge].segment)
      if (const auto owner = root_bus_owner(other, node)) return owner;
  return std::nullopt;
}

/// before_iommu: only the ingress port's ACS stops it. The root complex applies it and speaks for the port.
/// nullopt: on to the IOMMU.
std::optional<SlowAnswer> SlowRouting::directly_between(Index node, Index target) {
  const auto& acs = at(node).acs;
  if (!acs) return enter_from_root(target, {"host-bridge.peer", std::nullopt});
  // Reading note on 2.2: a root port with ACS that cannot control peers has no direct path to them.
  if (at(node).kind == SlowKind::root_port && !acs->can_control_peers) return std::nullopt;
  if (request_.address_type == 2 && acs->direct_translated)
    return enter_from_root(target, {"acs.direct-translated-p2p", std::nullopt});
  if (acs->egress_control && vector_names(node, target)) {
    if (!controls(*acs, at(target).egress_number))
      return enter_from_root(target, {"acs.p2p-egress-direct", std::nullopt});
    if (acs->request_redirect) return std::nullopt;
    return reject(std::nullopt, at(node).bridge, SlowStatus::completer_abort, "acs.p2p-egress-control");
  }
  if (acs->request_redirect) return std::nullopt;
  return enter_from_root(target, {"host-bridge.peer", std::nullopt});
}

/// ACS-017: a root port's vector counts root ports, an integrated endpoint's the functions of its device.
bool SlowRouting::vector_names(Index node, Index target) const {
  if (at(node).kind != at(target).kind) return false;
  if (at(node).kind == SlowKind::root_port) return true;
  return at(target).bridge == at(node).bridge && at(target).requester >> 3 == at(node).requester >> 3;
}

/// Inbound windows come before the IOMMU (3.4).
SlowAnswer SlowRouting::inbound(Index node) {
  const Index bridge = at(node).bridge;
  const std::vector<SlowWindow>& windows = tree_.bridges[bridge].inbound;
  if (windows.empty()) return arrive(SlowEnd::root, node);
  for (const SlowWindow& window : windows)
    if (window.bus.holds(address()) && window.bus.holds(address() + request_.size - 1)) {
      request_.address += window.offset;
      return arrive(SlowEnd::root, node);
    }
  return refuse_at_root(bridge, "host-bridge.inbound-hole");
}

SlowAnswer SlowRouting::arrive(SlowEnd end, Index node) const {
  SlowAnswer answer;
  answer.end = end;
  answer.ingress = node;
  answer.bridge = at(node).bridge;
  answer.address = address();
  return answer;
}

/// The port or integrated endpoint on a root bus that holds the address; `except`: where the request came from.
std::optional<Index> SlowRouting::root_bus_owner(Index bridge, std::optional<Index> except) const {
  for (Index i = 0; i < tree_.functions.size(); ++i)
    if (!at(i).parent && at(i).bridge == bridge && i != except && (bar_of(i) || in_window(i))) return i;
  return std::nullopt;
}

std::optional<Index> SlowRouting::subtractive_on_root_bus(Index bridge) const {
  for (Index i = 0; i < tree_.functions.size(); ++i)
    if (!at(i).parent && at(i).bridge == bridge && at(i).subtractive && at(i).memory_space) return i;
  return std::nullopt;
}

SlowAnswer SlowRouting::enter_from_root(Index node, const Decision& decision) {
  if (at(node).kind == SlowKind::integrated_endpoint) return claim(node, decision);
  if (at(node).kind == SlowKind::pci_bridge) return into_bridge(node, decision);
  if (bar_of(node)) return claim(node, {"port.bar", node});
  return through(node, decision);
}

}  // namespace iommusim::oracle
