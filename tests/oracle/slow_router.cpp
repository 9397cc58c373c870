// SPDX-License-Identifier: Apache-2.0
#include "oracle/slow_router.h"

#include <algorithm>

namespace iommusim::oracle {
namespace {

using Index = std::size_t;

constexpr Span interrupt_window{0xFEE0'0000, 0xFEEF'FFFF};

/// One request, followed to its end. Every member answers one question of the sheet.
class SlowRouter {
 public:
  SlowRouter(const SlowTree& tree, const SlowRequest& request) : tree_{tree}, request_{request} {}

  /// BME=0 on an endpoint: no DMA (1.1, ACS-004).
  SlowAnswer issue() {
    const SlowFunction& device = at(request_.from);
    // A request that was never sent has no completion.
    if (!device.bus_master)
      return reject(request_.from, device.bridge, SlowStatus::posted, "function.bus-master-disabled");
    if (!device.parent) return root_complex(request_.from);
    return above(request_.from);
  }

  std::optional<SlowAnswer> down_from_system(std::uint64_t address) {
    for (Index bridge = 0; bridge < tree_.bridges.size(); ++bridge)
      for (const SlowWindow& window : tree_.bridges[bridge].outbound) {
        if (!Span{window.bus.first + window.offset, window.bus.last + window.offset}.holds(address)) continue;
        request_.address = address - window.offset;
        const auto node = root_bus_owner(bridge, std::nullopt);
        if (!node) return refuse_at_root(bridge, "host-bridge.outbound-unclaimed");
        return enter_from_root(*node, {});
      }
    return std::nullopt;
  }

 private:
  const SlowFunction& at(Index function) const { return tree_.functions[function]; }
  std::uint64_t address() const { return request_.address; }

  // ---- Claims (1.1, 1.2; ACS-001 to ACS-003) ----

  std::optional<unsigned> bar_of(Index function) const {
    if (!at(function).memory_space) return std::nullopt;
    for (const SlowBar& bar : at(function).bars)
      if (bar.span.holds(address())) return bar.index;
    return std::nullopt;
  }
  bool in_window(Index port) const {
    const auto holds = [this](const Span& window) { return window.holds(address()); };
    return at(port).memory_space && std::any_of(at(port).windows.begin(), at(port).windows.end(), holds);
  }
  std::vector<Index> below(Index port) const {
    std::vector<Index> result;
    for (Index i = 0; i < tree_.functions.size(); ++i)
      if (at(i).parent == port) result.push_back(i);
    return result;
  }

  // ---- Ends ----

  SlowAnswer reject(std::optional<Index> function, Index bridge, SlowStatus status, std::string_view rule) const {
    SlowAnswer answer;
    answer.end = SlowEnd::rejected;
    answer.function = answer.decided_by = function;
    answer.bridge = answer.decided_at_bridge = bridge;
    answer.status = request_.posted ? SlowStatus::posted : status;
    answer.rule = rule;
    return answer;
  }
  SlowAnswer refuse(Index function, std::string_view rule) const {
    return reject(function, at(function).bridge, SlowStatus::unsupported_request, rule);
  }
  SlowAnswer refuse_at_root(Index bridge, std::string_view rule) const {
    return reject(std::nullopt, bridge, SlowStatus::unsupported_request, rule);
  }
  /// ACS-018, ACS-019: completer abort for what has a completion.
  SlowAnswer violation(Index port, std::string_view rule) const {
    return reject(port, at(port).bridge, SlowStatus::completer_abort, rule);
  }

  struct Decision {
    std::string_view rule;
    std::optional<Index> by;
  };
  /// The BAR takes it, when it holds all of the request (a BAR ends a completer's reach: 2.3.1 of the specification).
  SlowAnswer claim(Index function, const Decision& decision) const {
    const auto index = bar_of(function);
    for (const SlowBar& bar : at(function).bars)
      if (bar.index == *index && !bar.span.holds(address() + request_.size - 1)) return refuse(function, "bar.overrun");
    SlowAnswer answer;
    answer.end = SlowEnd::bar;
    answer.function = function;
    answer.bridge = at(function).bridge;
    answer.bar = *index;
    answer.address = address();
    answer.status = request_.posted ? SlowStatus::posted : SlowStatus::success;
    answer.rule = decision.rule;
    answer.decided_by = decision.by;
    answer.decided_at_bridge = at(request_.from).bridge;
    return answer;
  }

  // ---- Upwards ----

  SlowAnswer above(Index function) {
    const Index port = *at(function).parent;
    return at(port).kind == SlowKind::root_port ? root_port(port) : downstream_port(port);
  }

  /// Steps 1 and 3 of 3.1, step 1 of 3.3.
  std::optional<SlowAnswer> refused_at_entry(Index port) const {
    if (!at(port).bus_master) return refuse(port, "port.bus-master-disabled");  // ACS-053
    const SlowAcs acs = acs_of(port);
    const bool bus_is_below = at(port).secondary <= request_.bus && request_.bus <= at(port).subordinate;
    if (acs.source_validation && !bus_is_below) return violation(port, "acs.source-validation");  // ACS-010
    if (acs.translation_blocking && request_.address_type != 0) return violation(port, "acs.translation-blocking");
    return std::nullopt;
  }
  SlowAcs acs_of(Index port) const { return at(port).acs.value_or(SlowAcs{}); }

  /// 3.1: arrives at a switch downstream port from below.
  SlowAnswer downstream_port(Index port) {
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
  std::vector<Index> own_first(Index port) const {
    std::vector<Index> ports{port};
    for (const Index sibling : below(*at(port).parent))
      if (sibling != port) ports.push_back(sibling);
    return ports;
  }

  /// Memory target access: direct, block, redirect (2.1; the reserved encoding blocks, as docs say).
  SlowAnswer port_bar(Index ingress, Index owner, unsigned control, std::string_view blocked) {
    if (control == 2) return leave_from(ingress);
    if (control != 0) return violation(ingress, blocked);
    return claim(owner, {"port.bar", owner});
  }
  SlowAnswer leave_from(Index port) {
    return at(port).kind == SlowKind::root_port ? root_complex(port) : leave(*at(port).parent);
  }

  /// The table of 2.3 for a request whose address is a sibling's.
  SlowAnswer peer(Index port, Index sibling) {
    const SlowAcs acs = acs_of(port);
    if (request_.address_type == 2 && acs.direct_translated)  // ACS-014
      return through(sibling, {"acs.direct-translated-p2p", port});
    if (acs.egress_control) {  // ACS-016, ACS-017
      if (!controls(acs, at(sibling).port_number)) return through(sibling, {"acs.p2p-egress-direct", port});
      if (!acs.request_redirect) return violation(port, "acs.p2p-egress-control");
      return leave(*at(port).parent);
    }
    if (acs.request_redirect) return leave(*at(port).parent);  // ACS-006
    return through(sibling, {"switch.direct-peer", port});     // ACS-005
  }
  static bool controls(const SlowAcs& acs, unsigned port_number) {
    return std::count(acs.controlled_ports.begin(), acs.controlled_ports.end(), port_number) != 0;
  }

  /// Out of the switch towards the root (step 7): a bridge without BME forwards nothing (1.1).
  SlowAnswer leave(Index upstream) {
    if (!at(upstream).bus_master) return refuse(upstream, "port.bus-master-disabled");
    return above(upstream);
  }

  // ---- Root (3.3, 3.4) ----

  SlowAnswer root_port(Index port) {
    if (const auto refused = refused_at_entry(port)) return *refused;
    const SlowAcs acs = acs_of(port);
    if (bar_of(port)) return port_bar(port, port, acs.downstream_target, "acs.dsp-memory-target-blocked");
    if (in_window(port) && !acs.upstream_forwarding) return refuse(port, "port.u-turn");
    return root_complex(port);
  }

  SlowAnswer root_complex(Index node) {
    const Index bridge = at(node).bridge;
    const SlowBridge& host = tree_.bridges[bridge];
    if (host.interrupt_window && interrupt_window.holds(address())) return arrive(SlowEnd::interrupt_window, bridge);
    if (host.policy != SlowPolicy::after_iommu)
      if (const auto answer = between_root_ports(node)) return *answer;
    return inbound(bridge);
  }

  /// Step 4 of 3.3 for a policy that looks at the untranslated address.
  std::optional<SlowAnswer> between_root_ports(Index node) {
    const Index bridge = at(node).bridge;
    const auto target = peer_on_root_buses(bridge, node);
    if (!target) return std::nullopt;
    if (tree_.bridges[bridge].policy == SlowPolicy::none) return refuse_at_root(bridge, "host-bridge.peer-denied");
    return directly_between(node, *target);
  }
  /// A sibling root port, or one of another host bridge of the same bus address space.
  std::optional<Index> peer_on_root_buses(Index bridge, Index node) const {
    if (const auto sibling = root_bus_owner(bridge, node)) return sibling;
    for (Index other = 0; other < tree_.bridges.size(); ++other)
      if (other != bridge && tree_.bridges[other].segment == tree_.bridges[bridge].segment)
        if (const auto owner = root_bus_owner(other, node)) return owner;
    return std::nullopt;
  }
  /// before_iommu: only the ingress port's ACS stops it. The root complex applies it and speaks for the port.
  /// nullopt: on to the IOMMU.
  std::optional<SlowAnswer> directly_between(Index node, Index target) {
    const auto& acs = at(node).acs;
    if (!acs) return enter_from_root(target, {"host-bridge.peer", std::nullopt});
    // Reading note on 2.2: a root port with ACS that cannot control peers has no direct path to them.
    if (at(node).kind == SlowKind::root_port && !acs->can_control_peers) return std::nullopt;
    if (request_.address_type == 2 && acs->direct_translated)
      return enter_from_root(target, {"acs.direct-translated-p2p", std::nullopt});
    if (acs->egress_control) {
      if (!controls(*acs, at(target).port_number))
        return enter_from_root(target, {"acs.p2p-egress-direct", std::nullopt});
      if (acs->request_redirect) return std::nullopt;
      return reject(std::nullopt, at(node).bridge, SlowStatus::completer_abort, "acs.p2p-egress-control");
    }
    if (acs->request_redirect) return std::nullopt;
    return enter_from_root(target, {"host-bridge.peer", std::nullopt});
  }

  /// Inbound windows come before the IOMMU (3.4).
  SlowAnswer inbound(Index bridge) {
    const std::vector<SlowWindow>& windows = tree_.bridges[bridge].inbound;
    if (windows.empty()) return arrive(SlowEnd::root, bridge);
    for (const SlowWindow& window : windows)
      if (window.bus.holds(address()) && window.bus.holds(address() + request_.size - 1)) {
        request_.address += window.offset;
        return arrive(SlowEnd::root, bridge);
      }
    return refuse_at_root(bridge, "host-bridge.inbound-hole");
  }
  SlowAnswer arrive(SlowEnd end, Index bridge) const {
    SlowAnswer answer;
    answer.end = end;
    answer.bridge = bridge;
    answer.address = address();
    return answer;
  }

  /// The port or integrated endpoint on a root bus that holds the address; `except`: where the request came from.
  std::optional<Index> root_bus_owner(Index bridge, std::optional<Index> except) const {
    for (Index i = 0; i < tree_.functions.size(); ++i)
      if (!at(i).parent && at(i).bridge == bridge && i != except && (bar_of(i) || in_window(i))) return i;
    return std::nullopt;
  }

  // ---- Downwards (3.2): no ACS ----

  SlowAnswer enter_from_root(Index node, const Decision& decision) {
    if (at(node).kind == SlowKind::integrated_endpoint) return claim(node, decision);
    if (bar_of(node)) return claim(node, {"port.bar", node});
    return through(node, decision);
  }

  /// Over the link below a port.
  SlowAnswer through(Index port, const Decision& decision) {
    const std::vector<Index> partners = below(port);
    if (partners.empty()) return refuse(port, "port.link-down");
    if (at(partners.front()).kind == SlowKind::upstream_port) return into_switch(partners.front(), decision);
    for (const Index function : partners)
      if (bar_of(function)) return claim(function, decision);
    const bool decodes = at(partners.front()).memory_space;
    return refuse(partners.front(), decodes ? "bar.unclaimed" : "function.memory-space-disabled");
  }

  SlowAnswer into_switch(Index upstream, const Decision& decision) {
    if (bar_of(upstream)) return claim(upstream, {"port.bar", upstream});
    if (!at(upstream).memory_space) return refuse(upstream, "port.memory-space-disabled");
    if (!in_window(upstream)) return refuse(upstream, "port.unclaimed");
    for (const Index port : below(upstream))
      if (bar_of(port)) return claim(port, {"port.bar", port});
    for (const Index port : below(upstream))
      if (in_window(port)) return through(port, decision);
    return refuse(upstream, "switch.unclaimed");
  }

  const SlowTree& tree_;
  SlowRequest request_;
};

}  // namespace

SlowAnswer slow_route(const SlowTree& tree, const SlowRequest& request) {
  return SlowRouter{tree, request}.issue();
}

std::optional<SlowAnswer> slow_route_down(const SlowTree& tree, const SlowRequest& request, std::uint64_t address) {
  return SlowRouter{tree, request}.down_from_system(address);
}

}  // namespace iommusim::oracle
