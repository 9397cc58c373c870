// SPDX-License-Identifier: Apache-2.0
#include "tlm/switch_module.h"

#include "pcie/error_logging.h"
#include "tlm/dmi_scope.h"
#include "tlm/journey_scope.h"

#include <algorithm>

namespace iommusim::modules {

SwitchModule::SwitchModule(const sc_core::sc_module_name& name, pcie::Topology& topology, timing::LooseClock& clock,
                           const SwitchConfig& config)
    : sc_module{name},
      downstream_in{"downstream_in", config.downstream_ports.size()},
      downstream_out{"downstream_out", config.downstream_ports.size()},
      topology_{topology},
      clock_{clock},
      config_{config} {
  upstream_in.register_b_transport(this, &SwitchModule::from_above, 0);
  upstream_in.register_transport_dbg(this, &SwitchModule::debug_from_above, 0);
  upstream_out.register_invalidate_direct_mem_ptr(this, &SwitchModule::invalidate_below, 0);
  for (std::size_t i = 0; i < downstream_in.size(); ++i) {
    const int port = static_cast<int>(i);
    downstream_in[i].register_b_transport(this, &SwitchModule::from_below, port);
    downstream_in[i].register_get_direct_mem_ptr(this, &SwitchModule::dmi_from_below, port);
    downstream_in[i].register_transport_dbg(this, &SwitchModule::debug_from_below, port);
  }
}

int SwitchModule::socket_of(pcie::NodeIndex port) const {
  const auto at = std::find(config_.downstream_ports.begin(), config_.downstream_ports.end(), port);
  return static_cast<int>(at - config_.downstream_ports.begin());
}

void SwitchModule::from_below(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const pcie::NodeIndex ingress = config_.downstream_ports[static_cast<std::size_t>(port)];
  const ExtensionScope scope{payload, default_requester(topology_, ingress)};
  DmaExtension& extension = *scope;
  const JourneyScope journey{clock_, payload, extension, delay, topology_[ingress].decoded.max_payload};
  const Access access = access_of(payload, extension);
  const pcie::RouteDecision decision = pcie::route_from_below(topology_, ingress, access);
  extension.path.add(topology_[pcie::decider(decision, ingress)].id, *decision.rule);
  if (access.poisoned)
    pcie::log_poisoned(topology_, ingress, pcie::Side::secondary, access, pcie::fate_at(ingress, decision));
  switch (decision.action) {
    case pcie::Action::upstream:
      extension.journey.cross(config_.upstream_channel);
      upstream_out->b_transport(payload, delay);
      return;
    case pcie::Action::downstream:
      extension.landing.decide(topology_[ingress].id, *decision.rule);
      send_down(decision.target, payload, extension, delay);
      return;
    case pcie::Action::claim:
    case pcie::Action::reject: finish(decision, payload, extension); return;
  }
}

void SwitchModule::from_above(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const ExtensionScope scope{payload, RequesterId{}};
  DmaExtension& extension = *scope;
  const JourneyScope journey{clock_, payload, extension, delay};
  const pcie::NodeIndex port = config_.upstream_port;
  const Access access = access_of(payload, extension);
  const pcie::RouteDecision decision = pcie::route_from_above(topology_, port, access);
  extension.path.add(topology_[pcie::decider(decision, port)].id, *decision.rule);
  if (access.poisoned) pcie::log_poisoned(topology_, port, pcie::Side::primary, access, pcie::fate_at(port, decision));
  if (decision.action != pcie::Action::downstream) {
    finish(decision, payload, extension);
    return;
  }
  send_down(decision.target, payload, extension, delay);
}

void SwitchModule::send_down(pcie::NodeIndex port, tlm::tlm_generic_payload& payload, DmaExtension& extension,
                             sc_core::sc_time& delay) {
  const auto socket = static_cast<std::size_t>(socket_of(port));
  if (const auto channel = config_.downstream_channels[socket]) extension.journey.cross(*channel);
  downstream_out[socket]->b_transport(payload, delay);
}

void SwitchModule::finish(const pcie::RouteDecision& decision, tlm::tlm_generic_payload& payload,
                          DmaExtension& extension) {
  if (decision.action == pcie::Action::claim) {
    claim_port_bar(topology_, decision, payload, extension);
    return;
  }
  refuse_at(topology_, decision, payload, extension);
}

bool SwitchModule::dmi_from_below(int port, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const pcie::NodeIndex ingress = config_.downstream_ports[static_cast<std::size_t>(port)];
  const ExtensionScope scope{payload, default_requester(topology_, ingress)};
  const DmiPage page{payload};
  const Access access = access_of(payload, *scope);
  const Rule* const rule = pcie::route_from_below(topology_, ingress, access).rule;
  const auto goes_up = [&](const Access& piece) {
    const pcie::RouteDecision decision = pcie::route_from_below(topology_, ingress, piece);
    return decision.action == pcie::Action::upstream && decision.rule == rule;
  };
  if (!page.is_uniform(access, goes_up)) return page.deny(dmi);
  return upstream_out->get_direct_mem_ptr(payload, dmi) && page.clip(dmi);
}

unsigned SwitchModule::debug_from_below(int port, tlm::tlm_generic_payload& payload) {
  const pcie::NodeIndex ingress = config_.downstream_ports[static_cast<std::size_t>(port)];
  const ExtensionScope scope{payload, default_requester(topology_, ingress)};
  const pcie::RouteDecision decision = pcie::route_from_below(topology_, ingress, access_of(payload, *scope));
  if (decision.action == pcie::Action::upstream) return upstream_out->transport_dbg(payload);
  if (decision.action != pcie::Action::downstream) return 0;
  return downstream_out[static_cast<std::size_t>(socket_of(decision.target))]->transport_dbg(payload);
}

unsigned SwitchModule::debug_from_above(int, tlm::tlm_generic_payload& payload) {
  const ExtensionScope scope{payload, RequesterId{}};
  const pcie::RouteDecision decision =
      pcie::route_from_above(topology_, config_.upstream_port, access_of(payload, *scope));
  if (decision.action != pcie::Action::downstream) return 0;
  return downstream_out[static_cast<std::size_t>(socket_of(decision.target))]->transport_dbg(payload);
}

void SwitchModule::invalidate_below(int, sc_dt::uint64 first, sc_dt::uint64 last) {
  for (auto& socket : downstream_in)
    socket->invalidate_direct_mem_ptr(first, last);
}

}  // namespace iommusim::modules
