// SPDX-License-Identifier: Apache-2.0
// Oracle: PCI Express to PCI/PCI-X Bridge specification, 2.3. Addresses by hand.
#include "pcie/pci_bridge.h"

#include "pcie/error_logging.h"
#include "pcie/root_complex.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

/// Root port 00:00.0, bridge 01:00.0, and behind it 02:00.0 and 02:01.0 with a BAR of 1 MiB each.
struct BusBench {
  TopologyBuilder builder;
  NodeIndex root = builder.root_port();
  NodeIndex bridge = builder.pci_bridge(root);
  NodeIndex first = builder.conventional(bridge, with_bar(0xE000'0000, 0x10'0000));
  NodeIndex second = builder.conventional(bridge, with_bar(0xE010'0000, 0x10'0000));

  const Topology& topology() const { return builder.topology(); }
  RouteDecision on_bus(const Access& access) const { return route_on_bus(topology(), bridge, access); }
  RouteDecision from_above(const Access& access) const { return route_from_above(topology(), bridge, access); }
  Access from_first(Operation operation, std::uint64_t address) const {
    return request(operation, builder.id(first), address);
  }
};

}  // namespace

TEST_CASE("A conventional function has no PCI Express capability, its bridge is of type 7", "[pci]") {
  const BusBench bench;
  CHECK(bench.builder.read(bench.first, 0x06, 2) == 0x0010);
  CHECK(bench.builder.read(bench.first, 0x40, 1) == 0);
  CHECK(bench.builder.read(bench.bridge, 0x0E, 1) == 1);
  CHECK(bench.builder.read(bench.bridge, 0x40, 4) >> 16 == 0x0072);
}

TEST_CASE("A device's BAR on the same bus claims before the bridge does", "[pci]") {
  const BusBench bench;
  const RouteDecision decision = bench.on_bus(bench.from_first(Operation::write, 0xE010'0040));
  CHECK(decision.action == Action::claim);
  CHECK(decision.target == bench.second);
  CHECK(decision.rule->id == "pci-bus.peer");
}

TEST_CASE("The bridge takes upwards what its windows do not hold", "[pci]") {
  const BusBench bench;
  CHECK(bench.on_bus(bench.from_first(Operation::read, 0xDFFF'FFC0)).action == Action::upstream);
  CHECK(bench.on_bus(bench.from_first(Operation::read, 0xE020'0000)).action == Action::upstream);
  CHECK(bench.on_bus(bench.from_first(Operation::read, 0x1000)).rule->id == "pci-bridge.upstream");
}

TEST_CASE("What the windows hold and no device claims ends in a master abort that even a writer learns of", "[pci]") {
  BusBench bench;
  bench.builder.write(bench.second, 0x10, 4, 0xE030'0000);
  for (const Operation operation : {Operation::read, Operation::write}) {
    const RouteDecision decision = bench.on_bus(bench.from_first(operation, 0xE010'0000));
    CHECK(decision.action == Action::reject);
    CHECK(decision.status == CompletionStatus::unsupported_request);
    CHECK(decision.rule->id == "pci-bus.master-abort");
  }
  // A device does not answer itself.
  CHECK(bench.on_bus(bench.from_first(Operation::read, 0xE000'0000)).action == Action::reject);
}

TEST_CASE("A bridge without Bus Master Enable takes nothing upwards and lets peers talk", "[pci]") {
  BusBench bench;
  bench.builder.set_command(bench.bridge, true, false);
  CHECK(bench.on_bus(bench.from_first(Operation::read, 0x1000)).action == Action::reject);
  CHECK(bench.on_bus(bench.from_first(Operation::read, 0xE010'0000)).action == Action::claim);
}

TEST_CASE("From above the bridge forwards to the device that claims", "[pci]") {
  BusBench bench;
  const RouteDecision hit = bench.from_above(read_request({}, 0xE010'0000));
  CHECK(hit.action == Action::downstream);
  CHECK(hit.target == bench.second);
  CHECK(bench.from_above(read_request({}, 0xE020'0000)).rule->id == "port.unclaimed");
  bench.builder.set_command(bench.second, false, true);
  const RouteDecision abort = bench.from_above(write_request({}, 0xE010'0000));
  CHECK(abort.action == Action::reject);
  CHECK(abort.target == bench.bridge);
  CHECK(abort.status == CompletionStatus::none);
  CHECK(abort.rule->id == "pci-bus.master-abort");
}

TEST_CASE("A request that comes back from above reaches the device whose ID the bridge borrows", "[pci]") {
  const BusBench bench;
  REQUIRE(alias_of(bench.topology()[bench.bridge]) == bench.builder.id(bench.first));
  const Access reflected = write_request(alias_of(bench.topology()[bench.bridge]), 0xE000'0000);
  CHECK(bench.from_above(reflected).target == bench.first);
}

TEST_CASE("A subtractive bridge takes from above what no window holds", "[pci]") {
  TopologyBuilder builder;
  const NodeIndex port = builder.root_port();
  FunctionOptions subtractive;
  subtractive.class_code = 0x06'0401;
  const NodeIndex bridge = builder.pci_bridge(port, subtractive);
  const NodeIndex device = builder.conventional(bridge, with_bar(0xE000'0000, 0x10'0000));
  builder.set_window(bridge, 0xFFF0'0000, 0);
  const RouteDecision decision = route_from_above(builder.topology(), bridge, read_request({}, 0xE000'0000));
  CHECK(decision.action == Action::downstream);
  CHECK(decision.target == device);
  CHECK(decision.rule->id == "pci-bridge.subtractive");
}

TEST_CASE("On a root bus a subtractive bridge answers only where nobody else does", "[pci]") {
  TopologyBuilder builder;
  FunctionOptions subtractive;
  subtractive.class_code = 0x06'0401;
  const NodeIndex bridge = builder.pci_bridge(NodeIndex::none, subtractive);
  const NodeIndex device = builder.integrated_endpoint(with_bar(0xE000'0000, 0x10'0000));
  HostBridge host;
  host.outbound = {{{PhysAddr{0xE000'0000}, PhysAddr{0xEFFF'FFFF}}, 0}};
  const auto target = [&](std::uint64_t address) {
    return decide_outbound(builder.topology(), {host}, PhysAddr{address}, 4)->target;
  };
  CHECK(target(0xE000'0000) == device);
  CHECK(target(0xE800'0000) == bridge);
  builder.set_command(bridge, false, true);
  CHECK(target(0xE800'0000) == NodeIndex::none);
}

TEST_CASE("The bridge sends in its own name what conventional PCI has words for", "[pci]") {
  const BusBench bench;
  Access access = bench.from_first(Operation::write, 0x1000);
  access.requester = bench.builder.id(bench.second);
  access.relaxed_ordering = access.no_snoop = true;
  const Access sent = in_name_of(bench.topology()[bench.bridge], access);
  CHECK(sent.requester == RequesterId{2, 0, 0});
  CHECK_FALSE(sent.relaxed_ordering);
  CHECK_FALSE(sent.no_snoop);
  CHECK(sent.address == BusAddr{0x1000});
  CHECK(sent.posted());
}

TEST_CASE("A master abort on its bus stands in the bridge's Secondary Status", "[pci]") {
  BusBench bench;
  bench.builder.set_command(bench.second, false, true);
  const Access access = read_request({}, 0xE010'0000);
  const RouteDecision abort = bench.from_above(access);
  log_refusal(bench.builder.topology(), abort.target, access, *abort.rule);
  CHECK((bench.builder.read(bench.bridge, 0x1E, 2) & 0xF900) == 0x2000);
}
