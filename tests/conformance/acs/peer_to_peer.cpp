// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("ACS-005 A port without ACS sends a peer-window hit directly to the sibling", "[acs]") {
  const SwitchBench bench;
  const RouteDecision decision =
      route_from_below(bench.topology(), bench.left, write_request(bench.id_a(), SwitchBench::bar_b));
  CHECK(decision.action == Action::downstream);
  CHECK(decision.target == bench.right);
  CHECK(decision.rule->id == "switch.direct-peer");
}

TEST_CASE("ACS-006 Request Redirect of the ingress port, not of the target, sends a request to the root", "[acs]") {
  const SwitchBench ingress{with_acs(0x0004), {}};
  const RouteDecision redirected =
      route_from_below(ingress.topology(), ingress.left, write_request(ingress.id_a(), SwitchBench::bar_b));
  CHECK(redirected.action == Action::upstream);
  CHECK(redirected.rule->id == "acs.p2p-request-redirect");
  const SwitchBench target{{}, with_acs(0x0004)};
  CHECK(route_from_below(target.topology(), target.left, write_request(target.id_a(), SwitchBench::bar_b)).action ==
        Action::downstream);
}

TEST_CASE("ACS-007 ACS on A's port does not stop B, whose port has none, from writing into A's BAR", "[acs]") {
  const SwitchBench bench{with_acs(0x001D), {}};
  const Access access = write_request(bench.id_b(), SwitchBench::bar_a);
  const RouteDecision decision = route_from_below(bench.topology(), bench.right, access);
  CHECK(decision.action == Action::downstream);
  CHECK(decision.target == bench.left);
  CHECK(claim(bench.topology(), bench.device_a, access).action == Action::claim);
}

TEST_CASE("ACS-016 Egress Control with its bit set blocks, with its bit clear opens even a redirecting port", "[acs]") {
  FunctionOptions right;
  right.port_number = 5;
  FunctionOptions blocked = with_acs(0x0020);
  blocked.egress_controlled = {5};
  const SwitchBench set{blocked, right};
  const RouteDecision violation =
      route_from_below(set.topology(), set.left, read_request(set.id_a(), SwitchBench::bar_b));
  CHECK(violation.action == Action::reject);
  CHECK(violation.status == CompletionStatus::completer_abort);
  CHECK(violation.rule->id == "acs.p2p-egress-control");

  const SwitchBench clear{with_acs(0x0024), right};
  CHECK(route_from_below(clear.topology(), clear.left, read_request(clear.id_a(), SwitchBench::bar_b)).action ==
        Action::downstream);
}

TEST_CASE("ACS-017 Egress vector bits index by port number, not by device number", "[acs]") {
  FunctionOptions right;
  right.port_number = 5;  // It is device 1 of the switch's internal bus.
  FunctionOptions by_device = with_acs(0x0020);
  by_device.egress_controlled = {1};
  const SwitchBench bench{by_device, right};
  REQUIRE(bench.builder.id(bench.right).device() == 1);
  CHECK(route_from_below(bench.topology(), bench.left, read_request(bench.id_a(), SwitchBench::bar_b)).action ==
        Action::downstream);
}

TEST_CASE("ACS-032 Clearing the redirect bits of one port opens traffic from that port only", "[acs]") {
  SwitchBench bench{with_acs(0x001D), with_acs(0x001D)};
  bench.builder.set_acs_control(bench.left, 0x001D & ~0x002C);  // RR, CR and EC off.
  CHECK(route_from_below(bench.topology(), bench.left, write_request(bench.id_a(), SwitchBench::bar_b)).action ==
        Action::downstream);
  CHECK(route_from_below(bench.topology(), bench.right, write_request(bench.id_b(), SwitchBench::bar_a)).action ==
        Action::upstream);
}

TEST_CASE("ACS-037 An MSI whose address lies in a peer window of a switch without ACS lands in the peer", "[acs]") {
  SwitchBench bench;
  bench.builder.write(bench.device_b, 0x10, 4, 0xFEE0'0000);
  bench.builder.set_window(bench.right, 0xFEE0'0000, 0xFEE0'0000);
  const Access msi = write_request(bench.id_a(), 0xFEE0'1000, 4);
  const RouteDecision decision = route_from_below(bench.topology(), bench.left, msi);
  CHECK(decision.action == Action::downstream);
  CHECK(decision.target == bench.right);
  CHECK(claim(bench.topology(), bench.device_b, msi).action == Action::claim);
}

TEST_CASE("ACS-049 With all controls cleared, ports with ACS send peer requests directly", "[acs]") {
  SwitchBench bench{with_acs(0x001D), with_acs(0x001D)};
  bench.builder.set_acs_control(bench.left, 0);
  bench.builder.set_acs_control(bench.right, 0);
  CHECK(route_from_below(bench.topology(), bench.left, write_request(bench.id_a(), SwitchBench::bar_b)).action ==
        Action::downstream);
  CHECK(route_from_below(bench.topology(), bench.right, write_request(bench.id_b(), SwitchBench::bar_a)).action ==
        Action::downstream);
}
