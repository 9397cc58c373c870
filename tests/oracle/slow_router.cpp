// SPDX-License-Identifier: Apache-2.0
#include "oracle/slow_router.h"

#include "oracle/slow_routing.h"

#include <algorithm>

namespace iommusim::oracle {

/// BME=0 on an endpoint: no DMA (1.1, ACS-004). A request that was never sent has no completion.
SlowAnswer SlowRouting::issue() {
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

std::optional<SlowAnswer> SlowRouting::down_from_system(std::uint64_t address, Index ingress) {
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

std::optional<unsigned> SlowRouting::bar_of(Index function) const {
  if (!at(function).present || !at(function).memory_space) return std::nullopt;
  for (const SlowBar& bar : at(function).bars)
    if (bar.span.holds(address())) return bar.index;
  return std::nullopt;
}

bool SlowRouting::in_window(Index port) const {
  const auto holds = [this](const Span& window) { return window.holds(address()); };
  return at(port).memory_space && std::any_of(at(port).windows.begin(), at(port).windows.end(), holds);
}

std::vector<Index> SlowRouting::below(Index port) const {
  std::vector<Index> result;
  for (Index i = 0; i < tree_.functions.size(); ++i)
    if (at(i).parent == port) result.push_back(i);
  return result;
}

SlowAnswer SlowRouting::reject(std::optional<Index> function, Index bridge, SlowStatus status,
                               std::string_view rule) const {
  SlowAnswer answer;
  answer.end = SlowEnd::rejected;
  answer.function = answer.decided_by = function;
  answer.bridge = answer.decided_at_bridge = bridge;
  answer.status = request_.posted ? SlowStatus::posted : status;
  answer.rule = rule;
  return answer;
}

SlowAnswer SlowRouting::refuse(Index function, std::string_view rule) const {
  return reject(function, at(function).bridge, SlowStatus::unsupported_request, rule);
}

SlowAnswer SlowRouting::refuse_at_root(Index bridge, std::string_view rule) const {
  return reject(std::nullopt, bridge, SlowStatus::unsupported_request, rule);
}

/// ACS-018, ACS-019: completer abort for what has a completion.
SlowAnswer SlowRouting::violation(Index port, std::string_view rule) const {
  return reject(port, at(port).bridge, SlowStatus::completer_abort, rule);
}

/// The BAR takes it, when it holds all of the request (a BAR ends a completer's reach: 2.3.1 of the specification),
/// but poisoned data must not change what the BAR leads to (2.7.2.2).
SlowAnswer SlowRouting::claim(Index function, const Decision& decision) const {
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

/// Below a port there is one device; on a root bus, functions share bus and device number.
std::vector<Index> SlowRouting::other_functions() const {
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
std::optional<SlowAnswer> SlowRouting::inside_device() const {
  for (const Index peer : other_functions())
    if (bar_of(peer)) return to_function(peer);
  return std::nullopt;
}

std::optional<SlowAnswer> SlowRouting::to_function(Index peer) const {
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

bool SlowRouting::completion_returns() const {
  // Behind a PCI bridge it is the bridge that waits for the completion.
  const bool conventional = at(request_.from).kind == SlowKind::conventional;
  const Index waiting = conventional ? *at(request_.from).parent : request_.from;
  const unsigned bus = requester() >> 8;
  for (auto port = at(waiting).parent; port; port = at(*port).parent)
    if (bus < at(*port).secondary || bus > at(*port).subordinate) return false;
  return true;
}

/// Section 4: behind a PCIe-to-PCI bridge, secondary bus, device 0, function 0, whoever asked.
unsigned SlowRouting::requester() const {
  const SlowFunction& device = at(request_.from);
  if (device.kind == SlowKind::conventional) return at(*device.parent).secondary << 8;
  return request_.requester.value_or(device.requester);
}

SlowAnswer slow_route(const SlowTree& tree, const SlowRequest& request) {
  return SlowRouting{tree, request}.issue();
}

std::optional<SlowAnswer> slow_route_down(const SlowTree& tree, const SlowRequest& request, std::uint64_t address,
                                          std::size_t ingress) {
  return SlowRouting{tree, request}.down_from_system(address, ingress);
}

}  // namespace iommusim::oracle
