// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 6.12 and 7.5.1.3, applied by hand to the two-device switch of SwitchBench.
#include "pcie/routing.h"

#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("A request from the root goes down through the port whose window holds its address", "[pcie]") {
  const SwitchBench bench;
  const Access access = write_request(RequesterId{}, SwitchBench::bar_b + 0x40);
  const RouteDecision at_root = route_from_above(bench.topology(), bench.root, access);
  CHECK(at_root.action == Action::downstream);
  CHECK(at_root.target == bench.root);
  const RouteDecision at_switch = route_from_above(bench.topology(), bench.upstream, access);
  CHECK(at_switch.action == Action::downstream);
  CHECK(at_switch.target == bench.right);
  const RouteDecision at_device = claim(bench.topology(), bench.device_b, access);
  CHECK(at_device.action == Action::claim);
  CHECK(at_device.target == bench.device_b);
  CHECK(at_device.bar == 0);
}

TEST_CASE("A request from the root that no window holds is unsupported, and names who refused", "[pcie]") {
  const SwitchBench bench;
  const RouteDecision read =
      route_from_above(bench.topology(), bench.upstream, read_request(RequesterId{}, 0xD000'0000));
  CHECK(read.action == Action::reject);
  CHECK(read.status == CompletionStatus::unsupported_request);
  CHECK(read.target == bench.upstream);
  CHECK(read.rule == &rules::port_unclaimed);
  const RouteDecision write =
      route_from_above(bench.topology(), bench.upstream, write_request(RequesterId{}, 0xD000'0000));
  CHECK(write.status == CompletionStatus::none);
}

TEST_CASE("ACS at a port never applies to a request that moves down", "[pcie]") {
  const SwitchBench bench{with_acs(0x005F), with_acs(0x005F)};
  Access access = write_request(RequesterId{0xFF, 0, 0}, SwitchBench::bar_a);
  access.address_type = AddressType::translated;
  CHECK(route_from_above(bench.topology(), bench.upstream, access).target == bench.left);
}

TEST_CASE("A port with Memory Space disabled forwards nothing down", "[pcie]") {
  SwitchBench bench;
  bench.builder.set_command(bench.root, false, true);
  const RouteDecision decision =
      route_from_above(bench.topology(), bench.root, read_request(RequesterId{}, SwitchBench::bar_a));
  CHECK(decision.action == Action::reject);
  CHECK(decision.rule == &rules::port_memory_space_disabled);
}

TEST_CASE("A request that no port of a switch holds goes up through both of its ports", "[pcie]") {
  SwitchBench bench;
  const Access access = write_request(bench.id_a(), 0x1000);
  const RouteDecision open = route_from_below(bench.topology(), bench.left, access);
  CHECK(open.action == Action::upstream);
  CHECK(open.rule == &rules::switch_upstream);
  bench.builder.set_command(bench.upstream, true, false);
  const RouteDecision closed = route_from_below(bench.topology(), bench.left, access);
  CHECK(closed.action == Action::reject);
  CHECK(closed.target == bench.upstream);
}

TEST_CASE("Bus Master Enable precedes Source Validation, which precedes Translation Blocking", "[pcie]") {
  SwitchBench bench{with_acs(0x0003)};
  Access access = read_request(RequesterId{0x55, 0, 0}, 0x1000);
  access.address_type = AddressType::translated;
  CHECK(route_from_below(bench.topology(), bench.left, access).rule == &rules::acs_source_validation);
  access.requester = bench.id_a();
  CHECK(route_from_below(bench.topology(), bench.left, access).rule == &rules::acs_translation_blocking);
  bench.builder.set_command(bench.left, true, false);
  access.requester = RequesterId{0x55, 0, 0};
  CHECK(route_from_below(bench.topology(), bench.left, access).rule == &rules::port_bus_master_disabled);
}

TEST_CASE("A request that begins in a BAR and ends behind it is not claimed", "[pcie]") {
  TopologyBuilder builder;
  const NodeIndex root = builder.root_port();
  const NodeIndex device = builder.endpoint(root, with_bar(0xE000'0000, 128));
  const RouteDecision decision = claim(builder.topology(), device, read_request(RequesterId{}, 0xE000'0040, 128));
  CHECK(decision.action == Action::reject);
  CHECK(decision.rule == &rules::bar_overrun);
  CHECK(claim(builder.topology(), device, read_request(RequesterId{}, 0xE000'0040, 64)).action == Action::claim);
}

TEST_CASE("A completion for a bus inside the switch that no port leads to is unexpected", "[pcie]") {
  const SwitchBench bench;
  const RequesterId on_internal_bus{2, 5, 0};
  const RouteDecision inside = route_completion_from_below(bench.topology(), bench.left, on_internal_bus, false);
  CHECK(inside.action == Action::reject);
  CHECK(inside.status == CompletionStatus::none);
  const RequesterId processor{0, 0, 0};
  CHECK(route_completion_from_below(bench.topology(), bench.left, processor, false).action == Action::upstream);
}

TEST_CASE("Every rule has an id and a text of its own", "[pcie]") {
  const Rule* const all[] = {&rules::switch_direct_peer,       &rules::switch_upstream,
                             &rules::switch_unclaimed,         &rules::port_u_turn,
                             &rules::port_bus_master_disabled, &rules::port_memory_space_disabled,
                             &rules::acs_source_validation,    &rules::acs_translation_blocking,
                             &rules::acs_request_redirect,     &rules::acs_egress_blocked,
                             &rules::acs_upstream_forwarding,  &rules::acs_direct_translated,
                             &rules::host_bridge_inbound_hole, &rules::bar_claim};
  for (const Rule* a : all) {
    CHECK_FALSE(a->text.empty());
    for (const Rule* b : all)
      CHECK((a == b) == (a->id == b->id));
  }
}
