// SPDX-License-Identifier: Apache-2.0
// What switches, conventional buses and the links below ports do with a request.
#include "oracle/slow_routing.h"

namespace iommusim::oracle {

SlowAnswer SlowRouting::above(Index function) {
  const Index port = *at(function).parent;
  switch (at(port).kind) {
    case SlowKind::root_port: return root_port(port);
    case SlowKind::pci_bridge: return conventional_bus(port);
    default: return downstream_port(port);
  }
}

/// All devices see the request at once; the bridge takes what is not in its windows (inverse decode).
SlowAnswer SlowRouting::conventional_bus(Index bridge) {
  for (const Index device : below(bridge))
    if (device != request_.from && bar_of(device)) return claim(device, {"pci-bus.peer", device});
  if (in_window(bridge)) return master_abort(bridge, "pci-bus.master-abort");
  if (!at(bridge).bus_master) return master_abort(bridge, "port.bus-master-disabled");
  return leave_from(bridge);
}

/// Nobody asserts DEVSEL#, which the master of a write sees, too (Received Master Abort: 1.1).
SlowAnswer SlowRouting::master_abort(Index bridge, std::string_view rule) const {
  SlowAnswer answer = refuse(bridge, rule);
  answer.status = SlowStatus::unsupported_request;
  return answer;
}

/// Steps 1 and 3 of 3.1, step 1 of 3.3.
std::optional<SlowAnswer> SlowRouting::refused_at_entry(Index port) const {
  if (!at(port).bus_master) return refuse(port, "port.bus-master-disabled");  // ACS-053
  const SlowAcs acs = acs_of(port);
  const unsigned bus = requester() >> 8;
  const bool bus_is_below = at(port).secondary <= bus && bus <= at(port).subordinate;
  if (acs.source_validation && !bus_is_below) return violation(port, "acs.source-validation");  // ACS-010
  if (acs.translation_blocking && request_.address_type != 0) return violation(port, "acs.translation-blocking");
  return std::nullopt;
}

/// 3.1: arrives at a switch downstream port from below.
SlowAnswer SlowRouting::downstream_port(Index port) {
  if (const auto refused = refused_at_entry(port)) return *refused;
  const SlowAcs acs = acs_of(port);
  const Index upstream = *at(port).parent;
  // A downstream port's BAR, its own or a sibling's (DSP MTA).
  for (const Index owner : own_first(port))
    if (bar_of(owner)) return port_bar(port, owner, acs.downstream_target, "acs.dsp-memory-target-blocked");
  if (bar_of(upstream)) return port_bar(port, upstream, acs.upstream_target, "acs.usp-memory-target-blocked");
  if (in_window(port)) return acs.upstream_forwarding ? leave(upstream) : refuse(port, "port.u-turn");  // ACS-020
  for (const Index sibling : below(upstream))
    if (sibling != port && in_window(sibling)) return peer(port, sibling);
  if (in_window(upstream) && !acs.unclaimed_redirect) return refuse(port, "switch.unclaimed");  // ACS-021
  return leave(upstream);
}

std::vector<Index> SlowRouting::own_first(Index port) const {
  std::vector<Index> ports{port};
  for (const Index sibling : below(*at(port).parent))
    if (sibling != port) ports.push_back(sibling);
  return ports;
}

/// Memory target access: direct, block, redirect (2.1; the reserved encoding blocks, as docs say).
SlowAnswer SlowRouting::port_bar(Index ingress, Index owner, unsigned control, std::string_view blocked) {
  if (control == 2) return at(ingress).kind == SlowKind::root_port ? root_complex(ingress) : leave(*at(ingress).parent);
  if (control != 0) return violation(ingress, blocked);
  return claim(owner, {"port.bar", owner});
}

/// The table of 2.3 for a request whose address is a sibling's.
SlowAnswer SlowRouting::peer(Index port, Index sibling) {
  const SlowAcs acs = acs_of(port);
  if (request_.address_type == 2 && acs.direct_translated)  // ACS-014
    return through(sibling, {"acs.direct-translated-p2p", port});
  if (acs.egress_control) {  // ACS-016, ACS-017
    if (!controls(acs, at(sibling).egress_number)) return through(sibling, {"acs.p2p-egress-direct", port});
    if (!acs.request_redirect) return violation(port, "acs.p2p-egress-control");
    return leave(*at(port).parent);
  }
  if (acs.request_redirect) return leave(*at(port).parent);  // ACS-006
  return through(sibling, {"switch.direct-peer", port});     // ACS-005
}

/// Out of the switch towards the root (step 7): a bridge without BME forwards nothing (1.1).
SlowAnswer SlowRouting::leave(Index upstream) {
  if (!at(upstream).bus_master) return refuse(upstream, "port.bus-master-disabled");
  return above(upstream);
}

SlowAnswer SlowRouting::leave_from(Index function) {
  return at(function).parent ? above(function) : root_complex(function);
}

/// Over the link below a port.
SlowAnswer SlowRouting::through(Index port, const Decision& decision) {
  const std::vector<Index> partners = below(port);
  if (partners.empty()) return refuse(port, "port.link-down");
  // 2.7.2.2, after every error that the port finds without it (6.2.3.2.3).
  if (request_.poisoned && at(port).blocks_poisoned) return refuse(port, "port.poisoned-egress-blocked");
  if (at(partners.front()).kind == SlowKind::upstream_port) return into_switch(partners.front(), decision);
  if (at(partners.front()).kind == SlowKind::pci_bridge) return into_bridge(partners.front(), decision);
  for (const Index function : partners)
    if (bar_of(function)) return claim(function, decision);
  const bool decodes = at(partners.front()).memory_space;
  return refuse(partners.front(), decodes ? "bar.unclaimed" : "function.memory-space-disabled");
}

SlowAnswer SlowRouting::into_switch(Index upstream, const Decision& decision) {
  if (bar_of(upstream)) return claim(upstream, {"port.bar", upstream});
  if (!at(upstream).memory_space) return refuse(upstream, "port.memory-space-disabled");
  if (!in_window(upstream)) return refuse(upstream, "port.unclaimed");
  for (const Index port : below(upstream))
    if (bar_of(port)) return claim(port, {"port.bar", port});
  for (const Index port : below(upstream))
    if (in_window(port)) return through(port, decision);
  return refuse(upstream, "switch.unclaimed");
}

SlowAnswer SlowRouting::into_bridge(Index bridge, const Decision& decision) {
  if (bar_of(bridge)) return claim(bridge, {"port.bar", bridge});
  if (!at(bridge).memory_space) return refuse(bridge, "port.memory-space-disabled");
  if (!in_window(bridge) && !at(bridge).subtractive) return refuse(bridge, "port.unclaimed");
  for (const Index device : below(bridge))
    if (bar_of(device)) return claim(device, decision);
  return refuse(bridge, "pci-bus.master-abort");
}

}  // namespace iommusim::oracle
