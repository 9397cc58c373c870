// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 1.3.1 and 6.12, applied by hand.
#include "pcie/root_complex.h"

#include "pcie/rules.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

Range<BusAddr> bus(std::uint64_t first, std::uint64_t last) {
  return {BusAddr{first}, BusAddr{last}};
}
Range<PhysAddr> cpu(std::uint64_t first, std::uint64_t last) {
  return {PhysAddr{first}, PhysAddr{last}};
}

/// Two root ports, each with one device: at 0xE000'0000 and 0xE010'0000.
struct Bench {
  explicit Bench(const FunctionOptions& left_options = {})
      : left{builder.root_port(left_options)},
        device_a{builder.endpoint(left, with_bar(0xE000'0000, 0x10'0000))},
        right{builder.root_port()},
        device_b{builder.endpoint(right, with_bar(0xE010'0000, 0x10'0000))} {}

  RootDecision inbound(const Access& access) const { return decide_inbound(builder.topology(), bridges, left, access); }

  TopologyBuilder builder;
  NodeIndex left, device_a, right, device_b;
  std::vector<HostBridge> bridges{HostBridge{}};
};

}  // namespace

TEST_CASE("An access that touches the interrupt window goes there, before any other rule", "[pcie]") {
  Bench bench;
  bench.bridges[0].interrupt_window = bus(0xFEE0'0000, 0xFEEF'FFFF);
  bench.bridges[0].inbound = {{bus(0, 0xFFFF), 0}};
  const RequesterId id = bench.builder.id(bench.device_a);
  CHECK(bench.inbound(write_request(id, 0xFEE0'0000, 4)).action == RootAction::interrupt_window);
  CHECK(bench.inbound(read_request(id, 0xFEEF'FFC0)).action == RootAction::interrupt_window);
  CHECK(bench.inbound(write_request(id, 0xFEDF'FFFC, 8)).action == RootAction::interrupt_window);
  CHECK(bench.inbound(write_request(id, 0xFEF0'0000, 4)).action == RootAction::reject);
}

TEST_CASE("An inbound window shifts addresses, and what lies outside all of them is refused", "[pcie]") {
  Bench bench;
  bench.bridges[0].inbound = {{bus(0x8000'0000, 0x8FFF'FFFF), 0x10'0000'0000}};
  const RequesterId id = bench.builder.id(bench.device_a);
  const RootDecision inside = bench.inbound(read_request(id, 0x8000'1000));
  CHECK(inside.action == RootAction::translate);
  CHECK(inside.iova == Iova{0x10'8000'1000});
  const RootDecision outside = bench.inbound(read_request(id, 0x9000'0000));
  CHECK(outside.action == RootAction::reject);
  CHECK(outside.status == CompletionStatus::unsupported_request);
  CHECK(outside.rule == &rules::host_bridge_inbound_hole);
  CHECK(bench.inbound(read_request(id, 0x8FFF'FFE0)).action == RootAction::reject);
}

TEST_CASE("The untranslated address reaches a peer only where the root complex allows it", "[pcie]") {
  Bench bench;
  const Access access = read_request(bench.builder.id(bench.device_a), 0xE010'0000);
  bench.bridges[0].peer_to_peer = PeerToPeer::allowed;
  CHECK(bench.inbound(access).action == RootAction::peer);
  CHECK(bench.inbound(access).target == bench.right);
  bench.bridges[0].peer_to_peer = PeerToPeer::denied;
  CHECK(bench.inbound(access).action == RootAction::reject);
  bench.bridges[0].peer_to_peer = PeerToPeer::through_iommu;
  CHECK(bench.inbound(access).action == RootAction::translate);
  CHECK(bench.inbound(access).iova == Iova{0xE010'0000});
}

TEST_CASE("The ingress root port's own window is no peer", "[pcie]") {
  Bench bench;
  bench.bridges[0].peer_to_peer = PeerToPeer::allowed;
  CHECK(bench.inbound(read_request(bench.builder.id(bench.device_a), 0xE000'0000)).action == RootAction::translate);
}

TEST_CASE("ACS at the ingress root port stops the direct way that the root complex offers", "[pcie]") {
  Bench redirecting{with_acs(0x0004)};
  redirecting.bridges[0].peer_to_peer = PeerToPeer::allowed;
  const Access access = read_request(redirecting.builder.id(redirecting.device_a), 0xE010'0000);
  CHECK(redirecting.inbound(access).rule == &rules::acs_request_redirect);
  CHECK(redirecting.inbound(access).action == RootAction::translate);

  // The capability bit is 0: reference 2.2, "E", there is no peer path.
  Bench without{with_acs(0x0000, 0x0013)};
  without.bridges[0].peer_to_peer = PeerToPeer::allowed;
  CHECK(without.inbound(access).action == RootAction::translate);
  CHECK(without.inbound(access).rule == &rules::acs_no_peer_path);

  FunctionOptions controlled = with_acs(0x0020);
  controlled.egress_controlled = {0};
  Bench blocked{controlled};
  blocked.bridges[0].peer_to_peer = PeerToPeer::allowed;
  CHECK(blocked.inbound(access).action == RootAction::reject);
  CHECK(blocked.inbound(access).status == CompletionStatus::completer_abort);
}

TEST_CASE("Peers are integrated endpoints and the ports of other host bridges of the segment, too", "[pcie]") {
  Bench bench;
  const NodeIndex integrated = bench.builder.integrated_endpoint(with_bar(0xE020'0000, 0x1000));
  const NodeIndex far_port = bench.builder.root_port({}, 1);
  bench.builder.endpoint(far_port, with_bar(0xE030'0000, 0x10'0000));
  bench.bridges.push_back(HostBridge{});
  bench.bridges[0].peer_to_peer = PeerToPeer::allowed;
  const RequesterId id = bench.builder.id(bench.device_a);
  CHECK(bench.inbound(read_request(id, 0xE020'0000)).target == integrated);
  CHECK(bench.inbound(read_request(id, 0xE030'0000)).target == far_port);
  bench.bridges[1].segment = 1;
  CHECK(bench.inbound(read_request(id, 0xE030'0000)).action == RootAction::translate);
}

TEST_CASE("A physical address in an outbound window goes to the node that claims the bus address", "[pcie]") {
  Bench bench;
  bench.bridges[0].id = ComponentId{7};
  bench.bridges[0].outbound = {{cpu(0x40'E000'0000, 0x40'EFFF'FFFF), 0x40'0000'0000}};
  const auto decide = [&bench](std::uint64_t address, std::uint32_t size = 4) {
    return decide_outbound(bench.builder.topology(), bench.bridges, PhysAddr{address}, size);
  };
  const auto found = decide(0x40'E010'0004);
  REQUIRE(found);
  CHECK(found->target == bench.right);
  CHECK(found->address == BusAddr{0xE010'0004});
  CHECK(found->bridge == ComponentId{7});
  const auto unclaimed = decide(0x40'E800'0000);
  REQUIRE(unclaimed);
  CHECK(unclaimed->target == NodeIndex::none);
  CHECK(unclaimed->rule == &rules::host_bridge_outbound_unclaimed);
  CHECK_FALSE(decide(0x1000));
  // The request must lie in the window as a whole, here one that ends inside the BAR.
  bench.bridges[0].outbound[0].cpu = cpu(0x40'E000'0000, 0x40'E010'0FFF);
  CHECK(decide(0x40'E010'0FF8, 8)->target == bench.right);
  CHECK(decide(0x40'E010'0FFC, 8)->target == NodeIndex::none);
}
