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

  /// BME=0 on an endpoint: no DMA (1.1, ACS-004). A request that was never sent has no completion.
  SlowAnswer issue() {
    const SlowFunction& device = at(request_.from);
    if (!device.present)
      return reject(request_.from, device.bridge, SlowStatus::posted, "function.virtual-function-disabled");
    if (!device.bus_master)
      return reject(request_.from, device.bridge, SlowStatus::posted, "function.bus-master-disabled");
    if (const auto answer = inside_device()) return *answer;
    SlowAnswer answer = leave_from(request_.from);
    answer.completion_lost = !request_.posted && !completion_returns();
    if (answer.completion_lost) answer.status = SlowStatus::timeout;
    return answer;
  }

  std::optional<SlowAnswer> down_from_system(std::uint64_t address, Index ingress) {
    for (Index bridge = 0; bridge < tree_.bridges.size(); ++bridge)
      for (const SlowWindow& window : tree_.bridges[bridge].outbound) {
        if (!Span{window.bus.first + window.offset, window.bus.last + window.offset}.holds(address)) continue;
        request_.address = address - window.offset;
        auto node = root_bus_owner(bridge, std::nullopt);
        if (!node) node = subtractive_on_root_bus(bridge);
        if (!node) return refuse_at_root(bridge, "host-bridge.outbound-unclaimed");
        if (policy(ingress, *node) == SlowPolicy::none) return refuse_peer(at(ingress).bridge);
        return enter_from_root(*node, {});
      }
    return std::nullopt;
  }

 private:
  const SlowFunction& at(Index function) const { return tree_.functions[function]; }
  std::uint64_t address() const { return request_.address; }

  // ---- Claims (1.1, 1.2; ACS-001 to ACS-003) ----

  std::optional<unsigned> bar_of(Index function) const {
    if (!at(function).present || !at(function).memory_space) return std::nullopt;
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
  /// The BAR takes it, when it holds all of the request (a BAR ends a completer's reach: 2.3.1 of the specification),
  /// but poisoned data must not change what the BAR leads to (2.7.2.2).
  SlowAnswer claim(Index function, const Decision& decision) const {
    const auto index = bar_of(function);
    for (const SlowBar& bar : at(function).bars)
      if (bar.index == *index && !bar.span.holds(address() + request_.size - 1)) return refuse(function, "bar.overrun");
    if (request_.poisoned) return refuse(function, "completer.poisoned");
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

  // ---- Inside a device (2.2, 2.3: functions of multi-function devices, virtual ones included) ----

  /// Below a port there is one device; on a root bus, functions share bus and device number.
  std::vector<Index> other_functions() const {
    std::vector<Index> result;
    const SlowFunction& self = at(request_.from);
    if (self.kind == SlowKind::conventional) return result;
    for (Index i = 0; i < tree_.functions.size(); ++i) {
      const bool same_bus = at(i).parent == self.parent && at(i).bridge == self.bridge;
      const bool same_device = self.parent || at(i).requester >> 3 == self.requester >> 3;
      if (i != request_.from && same_bus && same_device) result.push_back(i);
    }
    return result;
  }

  /// The table of 2.3 with the sender's own ACS. nullopt: the request leaves the device.
  std::optional<SlowAnswer> inside_device() const {
    for (const Index peer : other_functions())
      if (bar_of(peer)) return to_function(peer);
    return std::nullopt;
  }
  std::optional<SlowAnswer> to_function(Index peer) const {
    const Index self = request_.from;
    const SlowAcs acs = acs_of(self);
    if (request_.address_type == 2 && acs.direct_translated) return claim(peer, {"acs.direct-translated-p2p", self});
    if (acs.egress_control) {
      if (!controls(acs, at(peer).egress_number)) return claim(peer, {"acs.p2p-egress-direct", self});
      if (!acs.request_redirect) return violation(self, "acs.p2p-egress-control");
      return std::nullopt;
    }
    if (acs.request_redirect) return std::nullopt;
    return claim(peer, {"device.direct-peer", self});
  }

  // ---- Completions (section 4: by the bus number of the requester ID) ----

  bool completion_returns() const {
    // Behind a PCI bridge it is the bridge that waits for the completion.
    const bool conventional = at(request_.from).kind == SlowKind::conventional;
    const Index waiting = conventional ? *at(request_.from).parent : request_.from;
    const unsigned bus = requester() >> 8;
    for (auto port = at(waiting).parent; port; port = at(*port).parent)
      if (bus < at(*port).secondary || bus > at(*port).subordinate) return false;
    return true;
  }

  // ---- Upwards ----

  /// Section 4: behind a PCIe-to-PCI bridge, secondary bus, device 0, function 0, whoever asked.
  unsigned requester() const {
    const SlowFunction& device = at(request_.from);
    if (device.kind == SlowKind::conventional) return at(*device.parent).secondary << 8;
    return request_.requester.value_or(device.requester);
  }

  SlowAnswer above(Index function) {
    const Index port = *at(function).parent;
    switch (at(port).kind) {
      case SlowKind::root_port: return root_port(port);
      case SlowKind::pci_bridge: return conventional_bus(port);
      default: return downstream_port(port);
    }
  }

  /// All devices see the request at once; the bridge takes what is not in its windows (inverse decode).
  SlowAnswer conventional_bus(Index bridge) {
    for (const Index device : below(bridge))
      if (device != request_.from && bar_of(device)) return claim(device, {"pci-bus.peer", device});
    if (in_window(bridge)) return master_abort(bridge, "pci-bus.master-abort");
    if (!at(bridge).bus_master) return master_abort(bridge, "port.bus-master-disabled");
    return leave_from(bridge);
  }
  /// Nobody asserts DEVSEL#, which the master of a write sees, too (Received Master Abort: 1.1).
  SlowAnswer master_abort(Index bridge, std::string_view rule) const {
    SlowAnswer answer = refuse(bridge, rule);
    answer.status = SlowStatus::unsupported_request;
    return answer;
  }

  /// Steps 1 and 3 of 3.1, step 1 of 3.3.
  std::optional<SlowAnswer> refused_at_entry(Index port) const {
    if (!at(port).bus_master) return refuse(port, "port.bus-master-disabled");  // ACS-053
    const SlowAcs acs = acs_of(port);
    const unsigned bus = requester() >> 8;
    const bool bus_is_below = at(port).secondary <= bus && bus <= at(port).subordinate;
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
    if (control == 2)
      return at(ingress).kind == SlowKind::root_port ? root_complex(ingress) : leave(*at(ingress).parent);
    if (control != 0) return violation(ingress, blocked);
    return claim(owner, {"port.bar", owner});
  }
  /// The table of 2.3 for a request whose address is a sibling's.
  SlowAnswer peer(Index port, Index sibling) {
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
  static bool controls(const SlowAcs& acs, unsigned number) {
    return std::count(acs.controlled.begin(), acs.controlled.end(), number) != 0;
  }

  /// Out of the switch towards the root (step 7): a bridge without BME forwards nothing (1.1).
  SlowAnswer leave(Index upstream) {
    if (!at(upstream).bus_master) return refuse(upstream, "port.bus-master-disabled");
    return above(upstream);
  }
  SlowAnswer leave_from(Index function) { return at(function).parent ? above(function) : root_complex(function); }

  // ---- Root (3.3, 3.4) ----

  SlowAnswer root_port(Index port) {
    if (const auto refused = refused_at_entry(port)) return *refused;
    const SlowAcs acs = acs_of(port);
    if (bar_of(port)) return port_bar(port, port, acs.downstream_target, "acs.dsp-memory-target-blocked");
    if (in_window(port) && !acs.upstream_forwarding) return u_turn(port);
    return root_complex(port);
  }
  /// The specification leaves the answer open (reading notes of section 8): platform parameter.
  SlowAnswer u_turn(Index port) const {
    if (!tree_.bridges[at(port).bridge].drops_u_turns) return refuse(port, "port.u-turn");
    return reject(port, at(port).bridge, SlowStatus::timeout, "port.u-turn-dropped");
  }

  SlowAnswer root_complex(Index node) {
    const Index bridge = at(node).bridge;
    if (tree_.bridges[bridge].interrupt_window && interrupt_window.holds(address()))
      return arrive(SlowEnd::interrupt_window, node);
    if (const auto target = peer_on_root_buses(bridge, node))
      if (const auto answer = between_root_ports(node, *target)) return *answer;
    return inbound(node);
  }

  /// Step 4 of 3.3: a policy may look at the untranslated address. nullopt: on to the IOMMU.
  std::optional<SlowAnswer> between_root_ports(Index node, Index target) {
    switch (policy(node, target)) {
      case SlowPolicy::after_iommu: return std::nullopt;
      case SlowPolicy::none: return refuse_peer(at(node).bridge);
      case SlowPolicy::before_iommu: break;
    }
    return directly_between(node, target);
  }
  SlowPolicy policy(Index from, Index to) const {
    const SlowBridge& host = tree_.bridges[at(from).bridge];
    for (const SlowPair& pair : host.pairs)
      if (pair.from == from && pair.to == to) return pair.policy;
    return host.policy;
  }
  /// RC_P2P=none: unsupported request, or a read of all-ones that succeeds (step 4 of 3.3).
  SlowAnswer refuse_peer(Index bridge) const {
    const bool succeeds = tree_.bridges[bridge].refused_reads_succeed;
    return reject(std::nullopt, bridge, succeeds ? SlowStatus::success : SlowStatus::unsupported_request,
                  "host-bridge.peer-denied");
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
  bool vector_names(Index node, Index target) const {
    if (at(node).kind != at(target).kind) return false;
    if (at(node).kind == SlowKind::root_port) return true;
    return at(target).bridge == at(node).bridge && at(target).requester >> 3 == at(node).requester >> 3;
  }

  /// Inbound windows come before the IOMMU (3.4).
  SlowAnswer inbound(Index node) {
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
  SlowAnswer arrive(SlowEnd end, Index node) const {
    SlowAnswer answer;
    answer.end = end;
    answer.ingress = node;
    answer.bridge = at(node).bridge;
    answer.address = address();
    return answer;
  }

  /// The port or integrated endpoint on a root bus that holds the address; `except`: where the request came from.
  std::optional<Index> root_bus_owner(Index bridge, std::optional<Index> except) const {
    for (Index i = 0; i < tree_.functions.size(); ++i)
      if (!at(i).parent && at(i).bridge == bridge && i != except && (bar_of(i) || in_window(i))) return i;
    return std::nullopt;
  }

  std::optional<Index> subtractive_on_root_bus(Index bridge) const {
    for (Index i = 0; i < tree_.functions.size(); ++i)
      if (!at(i).parent && at(i).bridge == bridge && at(i).subtractive && at(i).memory_space) return i;
    return std::nullopt;
  }

  // ---- Downwards (3.2): no ACS ----

  SlowAnswer enter_from_root(Index node, const Decision& decision) {
    if (at(node).kind == SlowKind::integrated_endpoint) return claim(node, decision);
    if (at(node).kind == SlowKind::pci_bridge) return into_bridge(node, decision);
    if (bar_of(node)) return claim(node, {"port.bar", node});
    return through(node, decision);
  }

  /// Over the link below a port.
  SlowAnswer through(Index port, const Decision& decision) {
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

  SlowAnswer into_bridge(Index bridge, const Decision& decision) {
    if (bar_of(bridge)) return claim(bridge, {"port.bar", bridge});
    if (!at(bridge).memory_space) return refuse(bridge, "port.memory-space-disabled");
    if (!in_window(bridge) && !at(bridge).subtractive) return refuse(bridge, "port.unclaimed");
    for (const Index device : below(bridge))
      if (bar_of(device)) return claim(device, decision);
    return refuse(bridge, "pci-bus.master-abort");
  }

  const SlowTree& tree_;
  SlowRequest request_;
};

}  // namespace

SlowAnswer slow_route(const SlowTree& tree, const SlowRequest& request) {
  return SlowRouter{tree, request}.issue();
}

std::optional<SlowAnswer> slow_route_down(const SlowTree& tree, const SlowRequest& request, std::uint64_t address,
                                          std::size_t ingress) {
  return SlowRouter{tree, request}.down_from_system(address, ingress);
}

}  // namespace iommusim::oracle
