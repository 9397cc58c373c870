// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 2.7.2.2 (routing and use of poisoned data), 6.2.3.2.3 (precedence of errors); for
// what each port does without poison, tests/unit/pcie/routing.cpp.
#include "interrupts/local_apic.h"
#include "pcie/device_routing.h"
#include "pcie/pci_bridge.h"
#include "pcie/root_complex.h"
#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

constexpr std::uint64_t bar_b = SwitchBench::bar_b;

FunctionOptions blocking(bool on = true) {
  FunctionOptions options;
  options.blocks_poisoned = on;
  return options;
}

void check_reject(const RouteDecision& decision, NodeIndex where, const Rule& rule,
                  CompletionStatus status = CompletionStatus::none) {
  CHECK(decision.action == Action::reject);
  CHECK(decision.target == where);
  CHECK(decision.rule == &rule);
  CHECK(decision.status == status);
}

}  // namespace

TEST_CASE("Poison changes no way", "[pcie][poisoned]") {
  SwitchBench bench;
  for (const std::uint64_t address : {bar_b, SwitchBench::bar_a, std::uint64_t{0x1000}}) {
    const Access plain = write_request(bench.id_a(), address, 4);
    const RouteDecision expected = route_from_below(bench.topology(), bench.left, plain);
    const RouteDecision found = route_from_below(bench.topology(), bench.left, poisoned(plain));
    CHECK(found.action == expected.action);
    CHECK(found.target == expected.target);
    CHECK(found.rule == expected.rule);
  }
  CHECK(route_from_above(bench.topology(), bench.upstream, poisoned(write_request({}, bar_b, 4))).target ==
        bench.right);
}

TEST_CASE("A function discards poisoned data and answers what has a completion as unsupported", "[pcie][poisoned]") {
  SwitchBench bench;
  const Access write = poisoned(write_request(bench.id_a(), bar_b, 4));
  check_reject(claim(bench.topology(), bench.device_b, write), bench.device_b, rules::completer_poisoned);
  const Access atomic = poisoned(request(Operation::atomic, bench.id_a(), bar_b, 4));
  check_reject(claim(bench.topology(), bench.device_b, atomic), bench.device_b, rules::completer_poisoned,
               CompletionStatus::unsupported_request);
}

TEST_CASE("What a function does not support it refuses before it looks at the data", "[pcie][poisoned]") {
  SwitchBench bench;
  const Access beyond = poisoned(write_request(bench.id_a(), bar_b + 0xF'FFFC, 8));
  check_reject(claim(bench.topology(), bench.device_b, beyond), bench.device_b, rules::bar_overrun);
  const Access beside = poisoned(write_request(bench.id_a(), 0x1000, 8));
  check_reject(claim(bench.topology(), bench.device_b, beside), bench.device_b, rules::bar_unclaimed);
}

TEST_CASE("A switch is the completer of its own BARs", "[pcie][poisoned]") {
  SwitchBench bench{with_bar(0xD000'0000, 0x1000), {}, {}, with_bar(0xD010'0000, 0x1000)};
  const Access at_port = poisoned(write_request(bench.id_a(), 0xD000'0000, 4));
  check_reject(route_from_below(bench.topology(), bench.left, at_port), bench.left, rules::completer_poisoned);
  const Access at_upstream = poisoned(write_request(bench.id_a(), 0xD010'0000, 4));
  check_reject(route_from_below(bench.topology(), bench.left, at_upstream), bench.upstream, rules::completer_poisoned);
}

TEST_CASE("A downstream port that blocks poisoned TLPs keeps them from its link, from a sibling and from above",
          "[pcie][poisoned]") {
  SwitchBench bench{{}, blocking()};
  const Access write = poisoned(write_request(bench.id_a(), bar_b, 4));
  check_reject(route_from_below(bench.topology(), bench.left, write), bench.right, rules::port_poisoned_egress_blocked);
  check_reject(route_from_above(bench.topology(), bench.upstream, write), bench.right,
               rules::port_poisoned_egress_blocked);
  const Access atomic = poisoned(request(Operation::atomic, bench.id_a(), bar_b, 4));
  check_reject(route_from_below(bench.topology(), bench.left, atomic), bench.right, rules::port_poisoned_egress_blocked,
               CompletionStatus::unsupported_request);
}

TEST_CASE("A root port that blocks poisoned TLPs keeps them from its link", "[pcie][poisoned]") {
  SwitchBench bench{{}, {}, blocking()};
  const Access write = poisoned(write_request({}, bar_b, 4));
  check_reject(route_from_above(bench.topology(), bench.root, write), bench.root, rules::port_poisoned_egress_blocked);
}

TEST_CASE("Egress blocking stops nothing else", "[pcie][poisoned]") {
  SwitchBench bench{blocking(), blocking(), blocking()};
  // Without poison.
  CHECK(route_from_below(bench.topology(), bench.left, write_request(bench.id_a(), bar_b, 4)).target == bench.right);
  CHECK(route_from_above(bench.topology(), bench.root, read_request({}, bar_b, 4)).action == Action::downstream);
  // Towards the root.
  const Access up = poisoned(write_request(bench.id_a(), 0x1000, 4));
  CHECK(route_from_below(bench.topology(), bench.left, up).action == Action::upstream);
  CHECK(route_from_below(bench.topology(), bench.root, up).action == Action::upstream);
  // Switched off, from the next request on.
  const Access write = poisoned(write_request(bench.id_a(), bar_b, 4));
  bench.builder.set_poisoned_egress_blocking(bench.right, false);
  CHECK(route_from_below(bench.topology(), bench.left, write).action == Action::downstream);
}

TEST_CASE("Errors that the port finds without the poison come first", "[pcie][poisoned]") {
  // Egress Control of port 2.
  FunctionOptions left = with_acs(0x0020);
  left.egress_controlled = {2};
  FunctionOptions right = blocking();
  right.port_number = 2;
  SwitchBench bench{left, right};
  const Access write = poisoned(write_request(bench.id_a(), bar_b, 4));
  check_reject(route_from_below(bench.topology(), bench.left, write), bench.left, rules::acs_egress_blocked);

  // Nobody is behind the port: its link is down, which it finds out later.
  TopologyBuilder builder;
  const NodeIndex empty = builder.root_port(blocking());
  builder.set_window(empty, 0xE000'0000, 0xE00F'FFFF);
  CHECK(route_from_above(builder.topology(), empty, poisoned(write_request({}, 0xE000'0000, 4))).action ==
        Action::downstream);
}

TEST_CASE("A function discards what another function of its device sends it", "[pcie][poisoned]") {
  TopologyBuilder builder;
  const NodeIndex root = builder.root_port();
  const NodeIndex sender = builder.function(root, 0);
  const NodeIndex receiver = builder.function(root, 1, with_bar(0xE000'0000, 0x1000));
  const Access write = poisoned(write_request(builder.id(sender), 0xE000'0000, 4));
  const auto inside = route_in_device(builder.topology(), sender, write);
  REQUIRE(inside);
  CHECK(inside->target == receiver);
  check_reject(claim(builder.topology(), receiver, write), receiver, rules::completer_poisoned);
}

TEST_CASE("A conventional function discards data with a parity error, from its bus and through the bridge",
          "[pcie][poisoned]") {
  TopologyBuilder builder;
  const NodeIndex bridge = builder.pci_bridge(NodeIndex::none);
  const NodeIndex sender = builder.conventional(bridge);
  const NodeIndex receiver = builder.conventional(bridge, with_bar(0xE000'0000, 0x1000));
  const Access write = poisoned(write_request(builder.id(sender), 0xE000'0000, 4));
  check_reject(route_on_bus(builder.topology(), bridge, write), receiver, rules::completer_poisoned);
  check_reject(route_from_above(builder.topology(), bridge, write), receiver, rules::completer_poisoned);
  // Upwards it stays poisoned in the bridge's name.
  CHECK(in_name_of(builder.topology()[bridge], write).poisoned);
}

TEST_CASE("The root complex discards poisoned data and answers what has a completion as unsupported",
          "[pcie][poisoned]") {
  const ComponentId memory{7};
  const Landing write = discard_poisoned(poisoned(write_request({}, 0x1000, 4)), memory);
  CHECK(write.kind == LandingKind::rejected);
  CHECK(write.where == memory);
  CHECK(write.decided_by == memory);
  CHECK(write.rule == &rules::root_complex_poisoned);
  CHECK(write.status == CompletionStatus::none);
  const Landing atomic = discard_poisoned(poisoned(request(Operation::atomic, {}, 0x1000, 4)), memory);
  CHECK(atomic.status == CompletionStatus::unsupported_request);
}

TEST_CASE("A poisoned message raises no interrupt, and a malformed one stays malformed", "[pcie][poisoned]") {
  const auto message = interrupts::classify_interrupt_window(poisoned(write_request({}, 0xFEE0'1000, 4)));
  REQUIRE(message);
  CHECK_FALSE(message->is_interrupt);
  CHECK(message->rule == &rules::root_complex_poisoned);
  CHECK(message->status == CompletionStatus::none);
  const auto malformed = interrupts::classify_interrupt_window(poisoned(write_request({}, 0xFEE0'1000, 8)));
  REQUIRE(malformed);
  CHECK(malformed->rule->id == "interrupt.invalid-request");
}
