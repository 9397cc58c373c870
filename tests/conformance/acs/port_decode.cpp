// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

TEST_CASE("ACS-001 A memory bridge window with base above limit claims nothing", "[acs]") {
  SwitchBench bench;
  const Access access = write_request(bench.id_a(), SwitchBench::bar_b);
  REQUIRE(route_from_below(bench.topology(), bench.left, access).action == Action::downstream);
  bench.builder.set_window(bench.right, 0xE010'0000, 0xE000'0000);
  CHECK(route_from_below(bench.topology(), bench.left, access).action != Action::downstream);
  CHECK(route_from_above(bench.topology(), bench.upstream, access).action == Action::reject);
}

TEST_CASE("ACS-002 Window limits are inclusive and 1 MiB granular", "[acs]") {
  SwitchBench bench;
  bench.builder.set_window(bench.right, 0xE650'0000, 0xE650'0000);
  const auto action = [&bench](std::uint64_t address) {
    return route_from_below(bench.topology(), bench.left, write_request(bench.id_a(), address, 1)).action;
  };
  CHECK(bench.builder.read(bench.right, 0x20, 4) == 0xE650'E650);
  CHECK(action(0xE64F'FFFF) == Action::upstream);
  CHECK(action(0xE650'0000) == Action::downstream);
  CHECK(action(0xE65F'FFFF) == Action::downstream);
  CHECK(action(0xE660'0000) == Action::upstream);
}

TEST_CASE("ACS-003 A function with Memory Space disabled never claims: UR for reads, nothing for writes", "[acs]") {
  SwitchBench bench;
  REQUIRE(claim(bench.topology(), bench.device_b, read_request(bench.id_a(), SwitchBench::bar_b)).action ==
          Action::claim);
  bench.builder.set_command(bench.device_b, false, true);
  const RouteDecision read = claim(bench.topology(), bench.device_b, read_request(bench.id_a(), SwitchBench::bar_b));
  CHECK(read.action == Action::reject);
  CHECK(read.status == CompletionStatus::unsupported_request);
  const RouteDecision write = claim(bench.topology(), bench.device_b, write_request(bench.id_a(), SwitchBench::bar_b));
  CHECK(write.action == Action::reject);
  CHECK(write.status == CompletionStatus::none);
}

TEST_CASE("ACS-004 Bus Master Enable clear suppresses MSI as well as DMA", "[acs]") {
  SwitchBench bench;
  const Access dma = read_request(bench.id_a(), 0x1000);
  const Access msi = write_request(bench.id_a(), 0xFEE0'0000, 4);
  CHECK(issue(bench.topology(), bench.device_a, dma).action == Action::upstream);
  CHECK(issue(bench.topology(), bench.device_a, msi).action == Action::upstream);
  bench.builder.set_command(bench.device_a, true, false);
  CHECK(issue(bench.topology(), bench.device_a, dma).action == Action::reject);
  CHECK(issue(bench.topology(), bench.device_a, msi).action == Action::reject);
}

TEST_CASE("ACS-039 A port with VGA Enable claims 0xA0000 to 0xBFFFF from its siblings", "[acs]") {
  SwitchBench bench;
  const Access access = write_request(bench.id_a(), 0xA'0000);
  CHECK(route_from_below(bench.topology(), bench.left, access).action == Action::upstream);
  bench.builder.write(bench.right, 0x3E, 2, 0x0008);
  CHECK(route_from_below(bench.topology(), bench.left, access).target == bench.right);
  const Access behind = write_request(bench.id_a(), 0xC'0000);
  CHECK(route_from_below(bench.topology(), bench.left, behind).action == Action::upstream);
}

TEST_CASE("ACS-053 A port with Bus Master Enable clear forwards no request, upstream or to a peer", "[acs]") {
  SwitchBench bench;
  bench.builder.set_command(bench.left, true, false);
  bench.builder.set_command(bench.root, true, false);
  for (const NodeIndex port : {bench.left, bench.root}) {
    const RouteDecision up = route_from_below(bench.topology(), port, read_request(bench.id_a(), 0x1000));
    CHECK(up.action == Action::reject);
    CHECK(up.status == CompletionStatus::unsupported_request);
  }
  const RouteDecision peer =
      route_from_below(bench.topology(), bench.left, read_request(bench.id_a(), SwitchBench::bar_b));
  CHECK(peer.action == Action::reject);
  CHECK(peer.status == CompletionStatus::unsupported_request);
  const RouteDecision posted =
      route_from_below(bench.topology(), bench.left, write_request(bench.id_a(), SwitchBench::bar_b));
  CHECK(posted.action == Action::reject);
  CHECK(posted.status == CompletionStatus::none);
}
