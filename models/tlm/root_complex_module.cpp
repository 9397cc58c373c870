// SPDX-License-Identifier: Apache-2.0
#include "tlm/root_complex_module.h"

#include "base/endian.h"
#include "pcie/rules.h"
#include "tlm/dmi_scope.h"
#include "tlm/ecam.h"
#include "tlm/journey_scope.h"

#include <algorithm>

namespace iommusim::modules {

using pcie::NodeIndex;
using pcie::RootAction;

RootComplexModule::RootComplexModule(const sc_core::sc_module_name& name, pcie::Topology& topology,
                                     const std::vector<pcie::HostBridge>& bridges, timing::LooseClock& clock,
                                     const RootComplexConfig& config)
    : sc_module{name},
      port_in{"port_in", config.root_nodes.size()},
      port_out{"port_out", config.root_nodes.size()},
      dma_out{"dma_out", config.root_nodes.size()},
      topology_{topology},
      bridges_{bridges},
      clock_{clock},
      config_{config},
      sockets_(topology.size()) {
  for (std::size_t i = 0; i < port_in.size(); ++i) {
    const int port = static_cast<int>(i);
    sockets_[pcie::index_of(config.root_nodes[i])] = i;
    port_in[i].register_b_transport(this, &RootComplexModule::from_below, port);
    port_in[i].register_get_direct_mem_ptr(this, &RootComplexModule::dmi_from_below, port);
    port_in[i].register_transport_dbg(this, &RootComplexModule::debug_from_below, port);
  }
  for (auto& socket : dma_out)
    socket.register_invalidate_direct_mem_ptr(this, &RootComplexModule::invalidate_below, 0);
  system_in.register_b_transport(this, &RootComplexModule::from_system, 0);
  system_in.register_transport_dbg(this, &RootComplexModule::debug_from_system, 0);
  ecam.register_b_transport(this, &RootComplexModule::config_access, 0);
}

ComponentId RootComplexModule::bridge_id(NodeIndex node) const {
  return bridges_[topology_[node].host_bridge].id;
}

bool RootComplexModule::pass_root_port(NodeIndex node, const Access& access, tlm::tlm_generic_payload& payload,
                                       DmaExtension& extension) {
  if (topology_[node].type != pcie::PortType::root_port) return true;
  const pcie::RouteDecision decision = pcie::route_from_below(topology_, node, access);
  extension.path.add(topology_[pcie::decider(decision, node)].id, *decision.rule);
  if (decision.action == pcie::Action::upstream) return true;
  if (access.poisoned)
    pcie::log_poisoned(topology_, node, pcie::Side::secondary, access, pcie::fate_at(node, decision));
  if (decision.action == pcie::Action::claim)
    claim_port_bar(topology_, decision, payload, extension);
  else
    refuse_at(topology_, decision, payload, extension);
  return false;
}

void RootComplexModule::from_below(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const NodeIndex node = config_.root_nodes[static_cast<std::size_t>(port)];
  const ExtensionScope scope{payload, default_requester(topology_, node)};
  DmaExtension& extension = *scope;
  extension.ingress = node;
  const JourneyScope journey{clock_, payload, extension, delay, topology_[node].decoded.max_payload};
  extension.journey.enter_root_complex(static_cast<std::size_t>(port));
  const Access access = access_of(payload, extension);
  if (!pass_root_port(node, access, payload, extension)) return;
  const pcie::Poisoned fate = route_inbound(node, access, payload, extension, delay);
  if (access.poisoned) log_poisoned_inbound(node, access, fate, extension.landing);
}

pcie::Poisoned RootComplexModule::route_inbound(NodeIndex node, const Access& access, tlm::tlm_generic_payload& payload,
                                                DmaExtension& extension, sc_core::sc_time& delay) {
  const pcie::RootDecision decision = pcie::decide_inbound(topology_, bridges_, node, access);
  const ComponentId bridge = bridge_id(node);
  extension.path.add(bridge, *decision.rule);
  switch (decision.action) {
    case RootAction::interrupt_window: dma_out[socket_of(node)]->b_transport(payload, delay); break;
    case RootAction::translate: {
      const AddressScope address{payload, decision.iova.value()};
      dma_out[socket_of(node)]->b_transport(payload, delay);
      break;
    }
    case RootAction::peer:
      extension.landing.decide(bridge, *decision.rule);
      send_down(decision.target, payload, extension, delay);
      break;
    case RootAction::reject:
      log_at_root_port(node, access, *decision.rule);
      refuse(payload, extension, rejection(bridge, *decision.rule, decision.status));
      return pcie::Poisoned::ends;
  }
  return extension.landing.rule == &pcie::rules::root_complex_poisoned ? pcie::Poisoned::ends : pcie::Poisoned::passes;
}

/// The root complex has no configuration space of its own: the root port tells what it refused, unless the root complex
/// hides it.
void RootComplexModule::log_at_root_port(NodeIndex node, const Access& access, const Rule& rule) {
  const bool hidden = &rule == &pcie::rules::host_bridge_peer_denied &&
                      bridges_[topology_[node].host_bridge].refused_reads == pcie::RefusedReads::all_ones;
  if (topology_[node].type == pcie::PortType::root_port && !hidden) pcie::log_refusal(topology_, node, access, rule);
}

/// The root port also tells what the root complex discarded. What was refused it has told.
void RootComplexModule::log_poisoned_inbound(NodeIndex node, const Access& access, pcie::Poisoned fate,
                                             const Landing& landing) {
  if (topology_[node].type != pcie::PortType::root_port) return;
  pcie::log_poisoned(topology_, node, pcie::Side::secondary, access, fate);
  if (landing.rule == &pcie::rules::root_complex_poisoned)
    pcie::log_refusal(topology_, node, access, pcie::rules::root_complex_poisoned);
}

void RootComplexModule::send_down(NodeIndex node, tlm::tlm_generic_payload& payload, DmaExtension& extension,
                                  sc_core::sc_time& delay) {
  if (topology_[node].type == pcie::PortType::root_port) {
    const pcie::RouteDecision decision = pcie::route_from_above(topology_, node, access_of(payload, extension));
    extension.path.add(topology_[pcie::decider(decision, node)].id, *decision.rule);
    if (decision.action == pcie::Action::claim) {
      claim_port_bar(topology_, decision, payload, extension);
      return;
    }
    if (decision.action != pcie::Action::downstream) {
      refuse_at(topology_, decision, payload, extension);
      return;
    }
  }
  const std::size_t socket = socket_of(node);
  extension.journey.leave_root_complex();
  if (const auto channel = config_.channels[socket]) extension.journey.cross(*channel);
  port_out[socket]->b_transport(payload, delay);
}

void RootComplexModule::from_system(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const ExtensionScope scope{payload, RequesterId{}};
  DmaExtension& extension = *scope;
  const JourneyScope journey{clock_, payload, extension, delay};
  const auto decision = pcie::decide_outbound(topology_, bridges_, PhysAddr{payload.get_address()},
                                              payload.get_data_length(), extension.ingress);
  if (!decision) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  extension.path.add(decision->bridge, *decision->rule);
  if (decision->target == NodeIndex::none) {
    const CompletionStatus status = completion_of(payload, extension, decision->refused_read);
    refuse(payload, extension, rejection(decision->bridge, *decision->rule, status));
    return;
  }
  const AddressScope address{payload, decision->address.value()};
  send_down(decision->target, payload, extension, delay);
}

void RootComplexModule::config_access(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  delay += config_.config_latency;
  const std::uint64_t offset = payload.get_address();
  const auto segment = static_cast<std::uint16_t>(offset >> ecam_segment_shift);
  const RequesterId function{static_cast<std::uint16_t>(offset >> 12)};
  const auto reg = static_cast<unsigned>(offset & 0xFFF);
  const unsigned width = payload.get_data_length();
  if ((width != 1 && width != 2 && width != 4) || reg % width != 0) {
    payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  std::array<unsigned char, 4> bytes{};
  if (payload.is_read()) {
    store_le(bytes.data(), topology_.config_read(segment, function, reg, width));
    std::copy_n(bytes.begin(), width, payload.get_data_ptr());
  } else if (payload.is_write()) {
    std::copy_n(payload.get_data_ptr(), width, bytes.begin());
    topology_.config_write(segment, function, reg, width, load_le<std::uint32_t>(bytes.data()));
    if (config_.on_config_write) config_.on_config_write(reg);
    withdraw_dmi();
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

bool RootComplexModule::dmi_from_below(int port, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const NodeIndex node = config_.root_nodes[static_cast<std::size_t>(port)];
  const ExtensionScope scope{payload, default_requester(topology_, node)};
  const DmiPage page{payload};
  const Access access = access_of(payload, *scope);
  const pcie::RootDecision inbound = pcie::decide_inbound(topology_, bridges_, node, access);
  const Iova iova = inbound.iova;
  const std::uint64_t offset = iova.value() - access.address.value();
  const bool is_root_port = topology_[node].type == pcie::PortType::root_port;
  const Rule* const rule = is_root_port ? pcie::route_from_below(topology_, node, access).rule : nullptr;
  const auto is_translated = [&](const Access& piece) {
    if (is_root_port) {
      const pcie::RouteDecision decision = pcie::route_from_below(topology_, node, piece);
      if (decision.action != pcie::Action::upstream || decision.rule != rule) return false;
    }
    const pcie::RootDecision decision = pcie::decide_inbound(topology_, bridges_, node, piece);
    return decision.action == RootAction::translate && decision.rule == inbound.rule &&
           decision.iova.value() - piece.address.value() == offset;
  };
  // An offset that is no whole page would put two pages of the system behind one of the bus.
  if (offset % page_4k != 0 || !page.is_uniform(access, is_translated)) return page.deny(dmi);
  const AddressScope address{payload, iova.value()};
  return dma_out[socket_of(node)]->get_direct_mem_ptr(payload, dmi) && page.clip(dmi);
}

/// Without effect: would the request leave by the root-bus node?
bool RootComplexModule::passes_down(NodeIndex node, const Access& access) const {
  return topology_[node].type != pcie::PortType::root_port ||
         pcie::route_from_above(topology_, node, access).action == pcie::Action::downstream;
}

unsigned RootComplexModule::debug_from_below(int port, tlm::tlm_generic_payload& payload) {
  const NodeIndex node = config_.root_nodes[static_cast<std::size_t>(port)];
  const ExtensionScope scope{payload, default_requester(topology_, node)};
  (*scope).ingress = node;
  const Access access = access_of(payload, *scope);
  if (topology_[node].type == pcie::PortType::root_port &&
      pcie::route_from_below(topology_, node, access).action != pcie::Action::upstream)
    return 0;
  const pcie::RootDecision decision = pcie::decide_inbound(topology_, bridges_, node, access);
  if (decision.action == RootAction::peer)
    return passes_down(decision.target, access) ? port_out[socket_of(decision.target)]->transport_dbg(payload) : 0;
  if (decision.action != RootAction::translate) return 0;
  const AddressScope address{payload, decision.iova.value()};
  return dma_out[socket_of(node)]->transport_dbg(payload);
}

unsigned RootComplexModule::debug_from_system(int, tlm::tlm_generic_payload& payload) {
  const ExtensionScope scope{payload, RequesterId{}};
  const auto decision = pcie::decide_outbound(topology_, bridges_, PhysAddr{payload.get_address()},
                                              payload.get_data_length(), (*scope).ingress);
  if (!decision || decision->target == NodeIndex::none) return 0;
  const AddressScope address{payload, decision->address.value()};
  if (!passes_down(decision->target, access_of(payload, *scope))) return 0;
  return port_out[socket_of(decision->target)]->transport_dbg(payload);
}

void RootComplexModule::withdraw_dmi() {
  invalidate_below(0, 0, ~sc_dt::uint64{0});
}

void RootComplexModule::invalidate_below(int, sc_dt::uint64 first, sc_dt::uint64 last) {
  for (auto& socket : port_in)
    socket->invalidate_direct_mem_ptr(first, last);
}

}  // namespace iommusim::modules
