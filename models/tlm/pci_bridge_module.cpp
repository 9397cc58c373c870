// SPDX-License-Identifier: Apache-2.0
#include "tlm/pci_bridge_module.h"

#include "pcie/error_logging.h"
#include "tlm/dmi_scope.h"
#include "tlm/timing.h"

#include <algorithm>

namespace iommusim::modules {

using pcie::Action;
using pcie::NodeIndex;
using pcie::RouteDecision;

namespace {

/// Gives a request to the bridge, and gives it back when the request has ended.
class InNameOfBridge {
 public:
  InNameOfBridge(DmaExtension& extension, const pcie::Node& bridge)
      : extension_{extension}, requester_{extension.requester} {
    extension.requester = pcie::alias_of(bridge);
  }
  ~InNameOfBridge() { extension_.requester = requester_; }
  InNameOfBridge(const InNameOfBridge&) = delete;
  InNameOfBridge& operator=(const InNameOfBridge&) = delete;

 private:
  DmaExtension& extension_;
  RequesterId requester_;
};

}  // namespace

PciBridgeModule::PciBridgeModule(const sc_core::sc_module_name& name, pcie::Topology& topology,
                                 const PciBridgeConfig& config)
    : sc_module{name},
      device_in{"device_in", config.devices.size()},
      device_out{"device_out", config.devices.size()},
      topology_{topology},
      config_{config} {
  upstream_in.register_b_transport(this, &PciBridgeModule::from_above, 0);
  upstream_in.register_transport_dbg(this, &PciBridgeModule::debug_from_above, 0);
  upstream_out.register_invalidate_direct_mem_ptr(this, &PciBridgeModule::invalidate_bus, 0);
  for (std::size_t i = 0; i < device_in.size(); ++i) {
    const int device = static_cast<int>(i);
    device_in[i].register_b_transport(this, &PciBridgeModule::from_bus, device);
    device_in[i].register_get_direct_mem_ptr(this, &PciBridgeModule::dmi_from_bus, device);
    device_in[i].register_transport_dbg(this, &PciBridgeModule::debug_from_bus, device);
  }
}

std::size_t PciBridgeModule::socket_of(NodeIndex function) const {
  for (std::size_t i = 0; i < config_.devices.size(); ++i)
    if (std::count(config_.devices[i].begin(), config_.devices[i].end(), function) != 0) return i;
  return config_.devices.size();
}

RequesterId PciBridgeModule::default_requester_of(int device) const {
  return topology_[config_.devices[static_cast<std::size_t>(device)].front()].requester;
}

void PciBridgeModule::from_bus(int device, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const ExtensionScope scope{payload, default_requester_of(device)};
  DmaExtension& extension = *scope;
  const Access access = access_of(payload, extension);
  const RouteDecision decision = pcie::route_on_bus(topology_, config_.bridge, access);
  const NodeIndex where = decision.action == Action::claim ? decision.target : pcie::decider(decision, config_.bridge);
  extension.path.add(topology_[where].id, *decision.rule);
  if (decision.action == Action::upstream) {
    // On the bus it is a parity error, which the bridge turns into poison.
    if (access.poisoned)
      pcie::log_poisoned(topology_, config_.bridge, pcie::Side::secondary, access, pcie::Poisoned::ends);
    return send_up(payload, extension, delay);
  }
  if (decision.action == Action::claim) {
    extension.landing.decide(topology_[where].id, *decision.rule);
    device_out[socket_of(decision.target)]->b_transport(payload, delay);
    return;
  }
  if (decision.rule == &pcie::rules::completer_poisoned) return refuse_at(topology_, decision, payload, extension);
  // Nobody took the request, so nobody but its master has an error to tell.
  refuse(payload, extension, rejection(topology_[where].id, *decision.rule, decision.status));
}

void PciBridgeModule::send_up(tlm::tlm_generic_payload& payload, DmaExtension& extension, sc_core::sc_time& delay) {
  delay += config_.latency + to_sc_time(config_.upstream_link.propagation());
  const InNameOfBridge name{extension, topology_[config_.bridge]};
  upstream_out->b_transport(payload, delay);
  // The bridge is the requester on its link, so it is the bridge that the completion tells.
  pcie::log_completion(topology_, config_.bridge, extension.landing.status);
}

void PciBridgeModule::from_above(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const ExtensionScope scope{payload, RequesterId{}};
  DmaExtension& extension = *scope;
  delay += config_.latency;
  const Access access = access_of(payload, extension);
  const RouteDecision decision = pcie::route_from_above(topology_, config_.bridge, access);
  extension.path.add(topology_[pcie::decider(decision, config_.bridge)].id, *decision.rule);
  if (access.poisoned)
    pcie::log_poisoned(topology_, config_.bridge, pcie::Side::primary, access, pcie::fate_at(config_.bridge, decision));
  switch (decision.action) {
    case Action::downstream: device_out[socket_of(decision.target)]->b_transport(payload, delay); return;
    case Action::claim: claim_port_bar(topology_, decision, payload, extension); return;
    case Action::upstream:
    case Action::reject: refuse_at(topology_, decision, payload, extension); return;
  }
}

bool PciBridgeModule::dmi_from_bus(int device, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const ExtensionScope scope{payload, default_requester_of(device)};
  const DmiPage page{payload};
  const auto goes_up = [&](const Access& piece) {
    return pcie::route_on_bus(topology_, config_.bridge, piece).action == Action::upstream;
  };
  if (!page.is_uniform(access_of(payload, *scope), goes_up)) return page.deny(dmi);
  const InNameOfBridge name{*scope, topology_[config_.bridge]};
  return upstream_out->get_direct_mem_ptr(payload, dmi) && page.clip(dmi);
}

unsigned PciBridgeModule::debug_from_bus(int device, tlm::tlm_generic_payload& payload) {
  const ExtensionScope scope{payload, default_requester_of(device)};
  const RouteDecision decision = pcie::route_on_bus(topology_, config_.bridge, access_of(payload, *scope));
  if (decision.action == Action::claim) return device_out[socket_of(decision.target)]->transport_dbg(payload);
  if (decision.action != Action::upstream) return 0;
  const InNameOfBridge name{*scope, topology_[config_.bridge]};
  return upstream_out->transport_dbg(payload);
}

unsigned PciBridgeModule::debug_from_above(int, tlm::tlm_generic_payload& payload) {
  const ExtensionScope scope{payload, RequesterId{}};
  const RouteDecision decision = pcie::route_from_above(topology_, config_.bridge, access_of(payload, *scope));
  if (decision.action != Action::downstream) return 0;
  return device_out[socket_of(decision.target)]->transport_dbg(payload);
}

void PciBridgeModule::invalidate_bus(int, sc_dt::uint64 first, sc_dt::uint64 last) {
  for (auto& socket : device_in)
    socket->invalidate_direct_mem_ptr(first, last);
}

}  // namespace iommusim::modules
