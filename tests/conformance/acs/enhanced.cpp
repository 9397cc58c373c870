// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("ACS-021 What the switch's windows hold and no port claims is UR, or goes up with redirect on", "[acs]") {
  SwitchBench bench{with_acs(0x0000, 0x08FF)};
  bench.builder.set_window(bench.upstream, 0xE000'0000, 0xE02F'FFFF);
  const Access access = read_request(bench.id_a(), 0xE020'0000);
  const RouteDecision refused = route_from_below(bench.topology(), bench.left, access);
  CHECK(refused.action == Action::reject);
  CHECK(refused.status == CompletionStatus::unsupported_request);
  bench.builder.set_acs_control(bench.left, 0x1000);
  CHECK(route_from_below(bench.topology(), bench.left, access).action == Action::upstream);
}

TEST_CASE("ACS-022 With the enhanced control bits 0, requests to port BARs go direct", "[acs]") {
  FunctionOptions upstream;
  upstream.bars = {{0, 0x1000, BusAddr{0xE900'0000}}};
  FunctionOptions left = with_acs(0x0000, 0x08FF);
  left.bars = {{0, 0x1000, BusAddr{0xE800'0000}}};
  SwitchBench bench{left, {}, {}, upstream};
  const auto route = [&bench](std::uint64_t address) {
    return route_from_below(bench.topology(), bench.left, read_request(bench.id_a(), address));
  };
  CHECK(route(0xE800'0000).target == bench.left);
  CHECK(route(0xE800'0000).action == Action::claim);
  CHECK(route(0xE900'0000).target == bench.upstream);
  CHECK(route(0xE900'0000).action == Action::claim);

  bench.builder.set_acs_control(bench.left, 0x0500);  // Block both.
  CHECK(route(0xE800'0000).status == CompletionStatus::completer_abort);
  CHECK(route(0xE900'0000).status == CompletionStatus::completer_abort);
  bench.builder.set_acs_control(bench.left, 0x0A00);  // Redirect both.
  CHECK(route(0xE800'0000).action == Action::upstream);
  CHECK(route(0xE900'0000).action == Action::upstream);

  bench.builder.set_acs_control(bench.left, 0x0100);  // Each control has targets of its own.
  CHECK(route(0xE800'0000).action == Action::reject);
  CHECK(route(0xE900'0000).action == Action::claim);
  bench.builder.set_acs_control(bench.left, 0x0400);
  CHECK(route(0xE800'0000).action == Action::claim);
  CHECK(route(0xE900'0000).action == Action::reject);
}
