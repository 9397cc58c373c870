// SPDX-License-Identifier: Apache-2.0
#include "pcie/root_complex.h"

#include "pcie/device_routing.h"
#include "pcie/peer_access.h"
#include "pcie/request_range.h"
#include "pcie/rules.h"

namespace iommusim::pcie {

namespace {

RootDecision translate(BusAddr address, std::uint64_t offset, const Rule& rule) {
  RootDecision decision;
  decision.action = RootAction::translate;
  decision.iova = Iova{address.value() + offset};
  decision.rule = &rule;
  return decision;
}

RootDecision reject(const Access& access, CompletionStatus non_posted, const Rule& rule) {
  RootDecision decision;
  decision.status = access.posted() ? CompletionStatus::none : non_posted;
  decision.rule = &rule;
  return decision;
}

/// Towards the IOMMU, through the inbound windows.
RootDecision enter_system(const HostBridge& bridge, const Access& access, const Rule& rule) {
  const auto offset = inbound_offset(bridge, request_range(access));
  if (!offset) return reject(access, CompletionStatus::unsupported_request, rules::host_bridge_inbound_hole);
  return translate(access.address, *offset, rule);
}

bool claims(const Node& node, BusAddr address) {
  return node.decoded.window_claims(address) || node.decoded.bar_with(address).has_value();
}

NodeIndex claimant_on_root_bus(const Topology& topology, std::uint8_t bridge, BusAddr address, NodeIndex except) {
  for (const NodeIndex node : topology.root_bus(bridge))
    if (node != except && claims(topology[node], address)) return node;
  return NodeIndex::none;
}

/// A PCIe-to-PCI bridge on the root bus that takes what nobody claims.
NodeIndex subtractive_on_root_bus(const Topology& topology, std::uint8_t bridge) {
  for (const NodeIndex node : topology.root_bus(bridge))
    if (topology[node].decoded.subtractive && topology[node].decoded.memory_space_enable) return node;
  return NodeIndex::none;
}

/// Another root port or integrated endpoint of the segment that claims the untranslated address.
NodeIndex find_peer(const Topology& topology, const std::vector<HostBridge>& bridges, NodeIndex ingress,
                    BusAddr address) {
  for (std::size_t i = 0; i < bridges.size(); ++i) {
    if (bridges[i].segment != topology[ingress].segment) continue;
    const NodeIndex peer = claimant_on_root_bus(topology, static_cast<std::uint8_t>(i), address, ingress);
    if (peer != NodeIndex::none) return peer;
  }
  return NodeIndex::none;
}

/// A root port with ACS but without P2P Request Redirect tells that its root complex has no direct peer path.
bool has_no_peer_path(const Node& ingress) {
  const AcsCapability capability = ingress.decoded.acs_capability;
  return ingress.type == PortType::root_port && ingress.decoded.has_acs &&
         capability.get<AcsCapability::P2pRequestRedirect>() == 0 &&
         capability.get<AcsCapability::P2pEgressControl>() == 0;
}

/// Bits of a root port's egress control vector mean root ports, those of an integrated endpoint the functions of its
/// device: PCIe base specification, 6.12.1.1 and 6.12.1.2.
std::optional<std::uint8_t> egress_bit(const Topology& topology, NodeIndex from, NodeIndex to) {
  if (topology[from].type == PortType::root_port && topology[to].type == PortType::root_port)
    return topology[to].port_number;
  if (same_device(topology, from, to)) return egress_number(topology, from, to);
  return std::nullopt;
}

/// What a reader is told by a root complex that does not forward to the peer.
CompletionStatus status_of_refused_read(const HostBridge& bridge) {
  return bridge.refused_reads == RefusedReads::all_ones ? CompletionStatus::successful
                                                        : CompletionStatus::unsupported_request;
}

/// The search for a peer is worth its time only when it can make a difference.
bool looks_at_untranslated(const HostBridge& bridge) {
  return bridge.peer_to_peer != PeerToPeer::through_iommu || !bridge.peer_pairs.empty();
}

/// The root complex would route to the peer; ACS at the ingress root port can still redirect or refuse.
RootDecision to_peer(const Topology& topology, const HostBridge& bridge, NodeIndex ingress, NodeIndex peer,
                     const Access& access) {
  const Node& from = topology[ingress];
  if (has_no_peer_path(from)) return enter_system(bridge, access, rules::acs_no_peer_path);
  const PeerAccess acs = decide_peer_access(from.decoded, egress_bit(topology, ingress, peer), access.address_type);
  if (acs.route == PeerRoute::redirect) return enter_system(bridge, access, *acs.rule);
  if (acs.route == PeerRoute::violation) return reject(access, CompletionStatus::completer_abort, *acs.rule);
  RootDecision decision;
  decision.action = RootAction::peer;
  decision.target = peer;
  decision.rule = acs.rule != nullptr ? acs.rule : &rules::host_bridge_peer;
  return decision;
}

/// A target was found: does the root complex forward from `ingress` to it?
void admit(const Topology& topology, const std::vector<HostBridge>& bridges, NodeIndex ingress,
           OutboundDecision& decision) {
  decision.rule = &rules::host_bridge_outbound;
  if (ingress == NodeIndex::none) return;
  const HostBridge& from = bridges[topology[ingress].host_bridge];
  if (policy_between(from, ingress, decision.target) != PeerToPeer::denied) return;
  decision.target = NodeIndex::none;
  decision.bridge = from.id;
  decision.refused_read = status_of_refused_read(from);
  decision.rule = &rules::host_bridge_peer_denied;
}

}  // namespace

Landing discard_poisoned(const Access& access, ComponentId completer) {
  const CompletionStatus status = access.posted() ? CompletionStatus::none : CompletionStatus::unsupported_request;
  return rejection(completer, rules::root_complex_poisoned, status);
}

std::optional<std::uint64_t> inbound_offset(const HostBridge& bridge, const Range<BusAddr>& wanted) {
  if (bridge.inbound.empty()) return 0;
  for (const InboundWindow& window : bridge.inbound)
    if (window.bus.contains(wanted)) return window.offset;
  return std::nullopt;
}

RootDecision decide_inbound(const Topology& topology, const std::vector<HostBridge>& bridges, NodeIndex ingress,
                            const Access& access) {
  const HostBridge& bridge = bridges[topology[ingress].host_bridge];
  if (bridge.interrupt_window && bridge.interrupt_window->overlaps(request_range(access))) {
    RootDecision decision;
    decision.action = RootAction::interrupt_window;
    decision.rule = &rules::host_bridge_interrupt_window;
    return decision;
  }

  // Inbound windows lead to the system. A request that never gets there does not meet them.
  if (looks_at_untranslated(bridge)) {
    const NodeIndex peer = find_peer(topology, bridges, ingress, access.address);
    const PeerToPeer policy =
        peer == NodeIndex::none ? PeerToPeer::through_iommu : policy_between(bridge, ingress, peer);
    if (policy == PeerToPeer::allowed) return to_peer(topology, bridge, ingress, peer, access);
    if (policy == PeerToPeer::denied)
      return reject(access, status_of_refused_read(bridge), rules::host_bridge_peer_denied);
  }
  return enter_system(bridge, access, bridge.has_iommu ? rules::host_bridge_translate : rules::host_bridge_to_system);
}

PeerToPeer policy_between(const HostBridge& bridge, NodeIndex from, NodeIndex to) {
  for (const PeerPair& pair : bridge.peer_pairs)
    if (pair.from == from && pair.to == to) return pair.policy;
  return bridge.peer_to_peer;
}

std::optional<OutboundDecision> decide_outbound(const Topology& topology, const std::vector<HostBridge>& bridges,
                                                PhysAddr address, std::uint32_t size, NodeIndex ingress) {
  const Range<PhysAddr> wanted = request_range(address, size);
  for (std::size_t i = 0; i < bridges.size(); ++i) {
    for (const OutboundWindow& window : bridges[i].outbound) {
      if (!window.cpu.contains(address)) continue;
      OutboundDecision decision;
      decision.address = BusAddr{address.value() - window.offset};
      decision.bridge = bridges[i].id;
      decision.rule = &rules::host_bridge_outbound_unclaimed;
      if (!window.cpu.contains(wanted)) return decision;
      decision.target = claimant_on_root_bus(topology, static_cast<std::uint8_t>(i), decision.address, NodeIndex::none);
      if (decision.target == NodeIndex::none)
        decision.target = subtractive_on_root_bus(topology, static_cast<std::uint8_t>(i));
      if (decision.target != NodeIndex::none) admit(topology, bridges, ingress, decision);
      return decision;
    }
  }
  return std::nullopt;
}

}  // namespace iommusim::pcie
