// SPDX-License-Identifier: Apache-2.0
#include "pcie/root_complex.h"

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

/// The offset of the inbound window that holds all of the request. nullopt: it falls outside.
std::optional<std::uint64_t> inbound_offset(const HostBridge& bridge, const Access& access) {
  if (bridge.inbound.empty()) return 0;
  const Range<BusAddr> wanted = request_range(access);
  for (const InboundWindow& window : bridge.inbound)
    if (window.bus.contains(wanted)) return window.offset;
  return std::nullopt;
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

/// The root complex would route to the peer; ACS at the ingress root port can still redirect or refuse.
RootDecision to_peer(const Topology& topology, NodeIndex ingress, NodeIndex peer, const Access& access,
                     std::uint64_t offset) {
  const Node& from = topology[ingress];
  if (has_no_peer_path(from)) return translate(access.address, offset, rules::acs_no_peer_path);
  const PeerAccess acs = decide_peer_access(from.decoded, topology[peer].port_number, access.address_type);
  if (acs.route == PeerRoute::redirect) return translate(access.address, offset, *acs.rule);
  if (acs.route == PeerRoute::violation) return reject(access, CompletionStatus::completer_abort, *acs.rule);
  RootDecision decision;
  decision.action = RootAction::peer;
  decision.target = peer;
  decision.rule = acs.rule != nullptr ? acs.rule : &rules::host_bridge_peer;
  return decision;
}

}  // namespace

RootDecision decide_inbound(const Topology& topology, const std::vector<HostBridge>& bridges, NodeIndex ingress,
                            const Access& access) {
  const HostBridge& bridge = bridges[topology[ingress].host_bridge];
  if (bridge.interrupt_window && bridge.interrupt_window->overlaps(request_range(access))) {
    RootDecision decision;
    decision.action = RootAction::interrupt_window;
    decision.rule = &rules::host_bridge_interrupt_window;
    return decision;
  }

  const auto offset = inbound_offset(bridge, access);
  if (!offset) return reject(access, CompletionStatus::unsupported_request, rules::host_bridge_inbound_hole);

  if (bridge.peer_to_peer != PeerToPeer::through_iommu) {
    const NodeIndex peer = find_peer(topology, bridges, ingress, access.address);
    if (peer != NodeIndex::none && bridge.peer_to_peer == PeerToPeer::allowed)
      return to_peer(topology, ingress, peer, access, *offset);
    if (peer != NodeIndex::none)
      return reject(access, CompletionStatus::unsupported_request, rules::host_bridge_peer_denied);
  }
  return translate(access.address, *offset, rules::host_bridge_translate);
}

std::optional<OutboundDecision> decide_outbound(const Topology& topology, const std::vector<HostBridge>& bridges,
                                                PhysAddr address, std::uint32_t size) {
  const Range<PhysAddr> wanted = request_range(address, size);
  for (std::size_t i = 0; i < bridges.size(); ++i) {
    for (const OutboundWindow& window : bridges[i].outbound) {
      if (!window.cpu.contains(address)) continue;
      OutboundDecision decision{NodeIndex::none, BusAddr{address.value() - window.offset}, bridges[i].id,
                                &rules::host_bridge_outbound_unclaimed};
      if (!window.cpu.contains(wanted)) return decision;
      decision.target = claimant_on_root_bus(topology, static_cast<std::uint8_t>(i), decision.address, NodeIndex::none);
      if (decision.target == NodeIndex::none)
        decision.target = subtractive_on_root_bus(topology, static_cast<std::uint8_t>(i));
      if (decision.target != NodeIndex::none) decision.rule = &rules::host_bridge_outbound;
      return decision;
    }
  }
  return std::nullopt;
}

}  // namespace iommusim::pcie
