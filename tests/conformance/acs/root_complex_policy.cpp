// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md, each in the test that bears its number. Addresses and bits are set
// by hand.

#include "pcie/root_complex.h"
#include "pcie/routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

std::vector<HostBridge> bridge_with(PeerToPeer policy) {
  HostBridge bridge;
  bridge.peer_to_peer = policy;
  bridge.outbound = {{{PhysAddr{0xE000'0000}, PhysAddr{0xEFFF'FFFF}}, 0}};
  return {bridge};
}

/// Two root ports; a request of device A for device B's BAR, and what the ingress port makes of it.
struct Bench {
  TopologyBuilder builder;
  NodeIndex left = builder.root_port();
  NodeIndex device_a = builder.endpoint(left, with_bar(0xE000'0000, 0x10'0000));
  NodeIndex right = builder.root_port();
  NodeIndex device_b = builder.endpoint(right, with_bar(0xE010'0000, 0x10'0000));
};

}  // namespace

TEST_CASE("ACS-033 A root complex without peer-to-peer loses writes and refuses reads", "[acs]") {
  Bench bench;
  const auto bridges = bridge_with(PeerToPeer::denied);
  const RequesterId id = bench.builder.id(bench.device_a);
  const auto decide = [&](const Access& access) {
    REQUIRE(route_from_below(bench.builder.topology(), bench.left, access).action == Action::upstream);
    return decide_inbound(bench.builder.topology(), bridges, bench.left, access);
  };
  const RootDecision write = decide(write_request(id, 0xE010'0000));
  CHECK(write.action == RootAction::reject);
  CHECK(write.status == CompletionStatus::none);
  const RootDecision read = decide(read_request(id, 0xE010'0000));
  CHECK(read.action == RootAction::reject);
  CHECK(read.status == CompletionStatus::unsupported_request);
}

TEST_CASE("ACS-034 Behind the IOMMU only the translated address reaches a peer", "[acs]") {
  Bench bench;
  const auto bridges = bridge_with(PeerToPeer::through_iommu);
  const RootDecision inbound = decide_inbound(bench.builder.topology(), bridges, bench.left,
                                              read_request(bench.builder.id(bench.device_a), 0xE010'0000));
  CHECK(inbound.action == RootAction::translate);
  CHECK(inbound.iova == Iova{0xE010'0000});
  const auto mapped = decide_outbound(bench.builder.topology(), bridges, PhysAddr{0xE010'0000}, 64);
  REQUIRE(mapped);
  CHECK(mapped->target == bench.right);
  CHECK_FALSE(decide_outbound(bench.builder.topology(), bridges, PhysAddr{0x1000'0000}, 64));
}

TEST_CASE("ACS-038 An MSI in an inbound hole is lost without an error at the endpoint", "[acs]") {
  Bench bench;
  auto bridges = bridge_with(PeerToPeer::through_iommu);
  bridges[0].inbound = {{{BusAddr{0x8000'0000}, BusAddr{0x8FFF'FFFF}}, 0}};
  const RootDecision msi = decide_inbound(bench.builder.topology(), bridges, bench.left,
                                          write_request(bench.builder.id(bench.device_a), 0x0802'0000, 4));
  CHECK(msi.action == RootAction::reject);
  CHECK(msi.status == CompletionStatus::none);
  CHECK(msi.rule->id == "host-bridge.inbound-hole");
}

TEST_CASE("A request between root ports does not meet the inbound windows, which lead to the system", "[acs]") {
  Bench bench;
  auto bridges = bridge_with(PeerToPeer::allowed);
  bridges[0].inbound = {{{BusAddr{0}, BusAddr{0x7FFF'FFFF}}, 0}};
  const RequesterId id = bench.builder.id(bench.device_a);
  const auto decide = [&](std::uint64_t address) {
    return decide_inbound(bench.builder.topology(), bridges, bench.left, read_request(id, address));
  };
  CHECK(decide(0xE010'0000).action == RootAction::peer);
  CHECK(decide(0x1000).action == RootAction::translate);
  const RootDecision outside = decide(0x9000'0000);
  CHECK(outside.action == RootAction::reject);
  CHECK(outside.rule->id == "host-bridge.inbound-hole");
  bridges[0].peer_to_peer = PeerToPeer::through_iommu;
  CHECK(decide(0xE010'0000).rule->id == "host-bridge.inbound-hole");
}

TEST_CASE("ACS-017 Egress vector bits of an integrated endpoint mean functions of its device, not root ports",
          "[acs]") {
  FunctionOptions left = with_bar(0xE000'0000, 0x1000);
  left.port_number = 1;
  FunctionOptions sender = with_acs(0x0020, 0x0820);
  sender.egress_controlled = {0, 1};
  TopologyBuilder builder;
  const NodeIndex port = builder.root_port(left);
  const NodeIndex integrated = builder.integrated_function(0, sender);
  const RootDecision decision = decide_inbound(builder.topology(), bridge_with(PeerToPeer::allowed), integrated,
                                               write_request(builder.id(integrated), 0xE000'0000));
  CHECK(decision.action == RootAction::peer);
  CHECK(decision.target == port);
  CHECK(decision.rule->id == "host-bridge.peer");
}

TEST_CASE("ACS-016 What an integrated function's Egress Control redirects, the root complex does not hand back",
          "[acs]") {
  FunctionOptions sender = with_acs(0x0024, 0x0824);
  sender.egress_controlled = {1};
  TopologyBuilder builder;
  const NodeIndex first = builder.integrated_function(0, sender);
  builder.integrated_function(1, with_bar(0xE000'0000, 0x1000));
  const RootDecision decision = decide_inbound(builder.topology(), bridge_with(PeerToPeer::allowed), first,
                                               write_request(builder.id(first), 0xE000'0000));
  CHECK(decision.action == RootAction::translate);
  CHECK(decision.rule->id == "acs.p2p-egress-redirect");
}

TEST_CASE("ACS-033 The host bridge that a translated request came from refuses it by its policy", "[acs]") {
  TopologyBuilder builder;
  const NodeIndex left = builder.root_port({}, 0);
  const NodeIndex right = builder.root_port({}, 1);
  builder.endpoint(right, with_bar(0xE010'0000, 0x10'0000));
  auto bridges = bridge_with(PeerToPeer::denied);
  bridges.push_back(bridge_with(PeerToPeer::through_iommu).front());
  bridges[0].outbound.clear();
  bridges[0].id = ComponentId{7};
  bridges[1].id = ComponentId{8};
  const auto refused = decide_outbound(builder.topology(), bridges, PhysAddr{0xE010'0000}, 4, left);
  REQUIRE(refused);
  CHECK(refused->target == NodeIndex::none);
  CHECK(refused->bridge == ComponentId{7});
  CHECK(decide_outbound(builder.topology(), bridges, PhysAddr{0xE010'0000}, 4)->bridge == ComponentId{8});
}
