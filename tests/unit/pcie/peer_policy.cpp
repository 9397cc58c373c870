// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 1.3.1; the policies as docs/platform-format.md states them.
#include "pcie/error_logging.h"
#include "pcie/root_complex.h"
#include "pcie/routing.h"
#include "pcie/rules.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

/// Three root ports with an endpoint each, below two host bridges of one segment.
struct Bench {
  Bench() {
    HostBridge first;
    first.outbound = {{{PhysAddr{0xE000'0000}, PhysAddr{0xE01F'FFFF}}, 0}};
    HostBridge second;
    second.outbound = {{{PhysAddr{0xE020'0000}, PhysAddr{0xE02F'FFFF}}, 0}};
    bridges = {first, second};
  }
  RootDecision inbound(NodeIndex port, std::uint64_t address, Operation operation = Operation::read) const {
    return decide_inbound(builder.topology(), bridges, port, request(operation, {}, address));
  }
  OutboundDecision outbound(NodeIndex port, std::uint64_t address) const {
    return *decide_outbound(builder.topology(), bridges, PhysAddr{address}, 64, port);
  }

  TopologyBuilder builder;
  NodeIndex a = builder.root_port();
  NodeIndex device_a = builder.endpoint(a, with_bar(0xE000'0000, 0x10'0000));
  NodeIndex b = builder.root_port();
  NodeIndex device_b = builder.endpoint(b, with_bar(0xE010'0000, 0x10'0000));
  NodeIndex far = builder.root_port({}, 1);
  NodeIndex device_far = builder.endpoint(far, with_bar(0xE020'0000, 0x10'0000));
  std::vector<HostBridge> bridges;
};

}  // namespace

TEST_CASE("A pair has its own policy, in its direction only", "[pcie]") {
  Bench bench;
  bench.bridges[0].peer_pairs = {{bench.a, bench.b, PeerToPeer::allowed}, {bench.a, bench.far, PeerToPeer::denied}};
  CHECK(bench.inbound(bench.a, 0xE010'0000).action == RootAction::peer);
  CHECK(bench.inbound(bench.b, 0xE000'0000).action == RootAction::translate);
  CHECK(bench.inbound(bench.a, 0xE020'0000).rule == &rules::host_bridge_peer_denied);
  CHECK(bench.inbound(bench.b, 0xE020'0000).action == RootAction::translate);
}

TEST_CASE("The policy of the host bridge holds for pairs that are not listed", "[pcie]") {
  Bench bench;
  bench.bridges[0].peer_to_peer = PeerToPeer::denied;
  bench.bridges[0].peer_pairs = {{bench.a, bench.b, PeerToPeer::through_iommu}};
  CHECK(bench.inbound(bench.a, 0xE010'0000).action == RootAction::translate);
  CHECK(bench.outbound(bench.a, 0xE010'0000).target == bench.b);
  CHECK(bench.inbound(bench.b, 0xE000'0000).action == RootAction::reject);
}

TEST_CASE("A root complex that denies refuses the translated address, too, and never a processor's", "[pcie]") {
  Bench bench;
  bench.bridges[0].peer_to_peer = PeerToPeer::denied;
  const OutboundDecision refused = bench.outbound(bench.a, 0xE010'0000);
  CHECK(refused.target == NodeIndex::none);
  CHECK(refused.rule == &rules::host_bridge_peer_denied);
  CHECK(refused.refused_read == CompletionStatus::unsupported_request);
  CHECK(bench.outbound(NodeIndex::none, 0xE010'0000).target == bench.b);
  // Back down through the port that it came up by.
  CHECK(bench.outbound(bench.a, 0xE000'0000).target == NodeIndex::none);
  // The policy is that of the bridge where the request came up.
  CHECK(bench.outbound(bench.far, 0xE010'0000).target == bench.b);
}

TEST_CASE("ACS-033 A root complex may answer refused reads with all-ones", "[pcie]") {
  Bench bench;
  bench.bridges[0].peer_to_peer = PeerToPeer::denied;
  bench.bridges[0].refused_reads = RefusedReads::all_ones;
  CHECK(bench.inbound(bench.a, 0xE010'0000).action == RootAction::reject);
  CHECK(bench.inbound(bench.a, 0xE010'0000).status == CompletionStatus::successful);
  CHECK(bench.inbound(bench.a, 0xE010'0000, Operation::write).status == CompletionStatus::none);
  CHECK(bench.outbound(bench.a, 0xE010'0000).refused_read == CompletionStatus::successful);
}

TEST_CASE("A root port may drop U-turns, which nobody logs", "[pcie]") {
  TopologyBuilder builder;
  const NodeIndex port = builder.root_port();
  const NodeIndex device = builder.endpoint(port, with_bar(0xE000'0000, 0x10'0000));
  const Access access = read_request(builder.id(device), 0xE000'0000);
  CHECK(route_from_below(builder.topology(), port, access).status == CompletionStatus::unsupported_request);
  Node dropping = builder.topology()[port];
  dropping.drops_u_turns = true;
  dropping.children.clear();
  Topology topology;
  const NodeIndex only = topology.add(dropping);
  const RouteDecision decision = route_from_below(topology, only, access);
  CHECK(decision.status == CompletionStatus::timeout);
  CHECK(decision.rule == &rules::port_u_turn_dropped);
  log_refusal(topology, only, access, *decision.rule);
  CHECK(topology.config_read(0, topology[only].requester, 0x4A, 2) == 0);
}
