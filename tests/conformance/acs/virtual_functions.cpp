// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements of docs/compliance.md; PCIe base specification, 9.2.1 (routing IDs) and 6.13 (ARI). Routing
// IDs are computed by hand.

#include "pcie/device_routing.h"
#include "pcie/id_routing.h"
#include "support/topology_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;
using namespace iommusim::test;

namespace {

/// A root port with a physical function 01:00.0 whose virtual functions have 4 KiB from 0xE010'0000 on, `count` of them
/// enabled.
struct VfBench {
  VfBench(std::uint16_t offset, std::uint16_t stride, std::uint16_t count, std::uint16_t port_acs = 0)
      : port{builder.root_port(with_acs(port_acs))}, physical{builder.function(port, 0, options(offset, stride))} {
    for (std::uint16_t number = 1; number <= count; ++number)
      functions.push_back(builder.virtual_function(physical, number));
    builder.write(physical, sriov() + 0x10, 2, count);
    builder.write(physical, sriov() + 0x24, 4, 0xE010'0000);
    builder.write(physical, sriov() + 0x08, 2, 0x9);  // VF Enable and VF Memory Space Enable.
  }

  static FunctionOptions options(std::uint16_t offset, std::uint16_t stride) {
    FunctionOptions options = with_bar(0xE000'0000, 0x10'0000);
    SriovConfig config;
    config.total_vfs = 8;
    config.first_vf_offset = offset;
    config.vf_stride = stride;
    config.vf_bars = {{0, 0x1000, false, false}};
    options.sriov = config;
    return options;
  }

  unsigned sriov() const {
    return *find_extended_capability(reader_of(builder.topology()[physical].config),
                                     ExtendedCapabilityId::single_root_io_virtualization);
  }
  void set_subordinate(std::uint8_t bus) { builder.write(port, header::subordinate_bus, 1, bus); }
  /// Offset 0x28 of the PCI Express capability, which is the first: ARI Forwarding Enable.
  void forward_ari(bool enable) { builder.write(port, 0x40 + 0x28, 2, enable ? 0x20 : 0); }
  std::uint32_t status_of(NodeIndex node) const { return builder.read(node, header::status, 2); }

  TopologyBuilder builder;
  NodeIndex port;
  NodeIndex physical;
  std::vector<NodeIndex> functions;
};

}  // namespace

TEST_CASE("ACS-035 Routing IDs of virtual functions carry into the bus number", "[acs]") {
  // 01:00.0 is 0x0100; 0x0100 + 0xFF + 0 = 0x01FF, + 1 * 2 = 0x0201.
  const VfBench bench{0xFF, 2, 2};
  CHECK(bench.builder.id(bench.functions[0]) == RequesterId{0x01FF});
  CHECK(bench.builder.id(bench.functions[1]) == RequesterId{0x0201});
  CHECK(virtual_function_id(RequesterId{0x0300}, {16, 4}, 3) == RequesterId{0x0318});
}

TEST_CASE("ACS-035 A virtual function beyond the port's subordinate bus is unreachable", "[acs]") {
  VfBench bench{0x100, 1, 1};
  const NodeIndex function = bench.functions[0];
  REQUIRE(bench.builder.id(function) == RequesterId{0x0200});
  CHECK(bench.status_of(function) == 0xFFFF);
  CHECK_FALSE(bus_reaches(bench.builder.topology(), function));
  bench.set_subordinate(2);
  CHECK(bench.status_of(function) != 0xFFFF);
  CHECK(bus_reaches(bench.builder.topology(), function));
}

TEST_CASE("ACS-035 Requests of a virtual function beyond the subordinate bus fail Source Validation", "[acs]") {
  VfBench bench{0x100, 1, 1, 0x0001};
  const Access access = read_request(bench.builder.id(bench.functions[0]), 0x1000);
  const RouteDecision refused = route_from_below(bench.builder.topology(), bench.port, access);
  CHECK(refused.action == Action::reject);
  CHECK(refused.rule->id == "acs.source-validation");
  bench.set_subordinate(2);
  CHECK(route_from_below(bench.builder.topology(), bench.port, access).action == Action::upstream);
}

TEST_CASE("ACS-036 Without ARI forwarding a function number above 7 cannot be configured", "[acs]") {
  VfBench bench{8, 1, 1};
  const NodeIndex function = bench.functions[0];
  REQUIRE(bench.builder.id(function) == RequesterId{1, 1, 0});  // Function 8.
  CHECK(bench.status_of(function) == 0xFFFF);
  bench.builder.write(function, header::command, 2, 0x4);
  CHECK_FALSE(bench.builder.topology()[function].decoded.bus_master_enable);
  bench.forward_ari(true);
  CHECK(bench.status_of(function) != 0xFFFF);
  bench.builder.write(function, header::command, 2, 0x4);
  CHECK(bench.builder.topology()[function].decoded.bus_master_enable);
}

TEST_CASE("ACS-036 Without ARI forwarding functions 0 to 7 answer, and requests of the others still go up", "[acs]") {
  VfBench bench{7, 1, 2, 0x0001};
  CHECK(bench.status_of(bench.functions[0]) != 0xFFFF);  // Function 7.
  CHECK(bench.status_of(bench.functions[1]) == 0xFFFF);  // Function 8.
  const Access access = write_request(bench.builder.id(bench.functions[1]), 0x1000);
  CHECK(route_from_below(bench.builder.topology(), bench.port, access).action == Action::upstream);
}

TEST_CASE("ACS-036 On another bus than the port's secondary the device number is no concern of ARI", "[acs]") {
  VfBench bench{0x108, 1, 1};  // 02:01.0
  bench.set_subordinate(2);
  CHECK(bench.status_of(bench.functions[0]) != 0xFFFF);
}

TEST_CASE("ACS-005 A virtual function without ACS reaches another one inside the device", "[acs]") {
  const VfBench bench{1, 1, 3};
  const Access access = write_request(bench.builder.id(bench.functions[0]), 0xE010'2000);
  const auto decision = route_in_device(bench.builder.topology(), bench.functions[0], access);
  REQUIRE(decision.has_value());
  CHECK(decision->action == Action::downstream);
  CHECK(decision->target == bench.functions[2]);
}

TEST_CASE("ACS-006 Request Redirect of a virtual function is its own", "[acs]") {
  VfBench bench{1, 1, 2};
  TopologyBuilder& builder = bench.builder;
  const NodeIndex guarded = builder.virtual_function(bench.physical, 3, with_acs(0, 0x004C));
  builder.write(bench.physical, bench.sriov() + 0x08, 2, 0);
  builder.write(bench.physical, bench.sriov() + 0x10, 2, 3);
  builder.write(bench.physical, bench.sriov() + 0x08, 2, 0x9);
  builder.set_acs_control(guarded, 0x0004);
  const Access access = write_request(builder.id(guarded), 0xE010'0000);
  CHECK(route_in_device(builder.topology(), guarded, access)->action == Action::upstream);
  CHECK(route_in_device(builder.topology(), bench.functions[1], access)->action == Action::downstream);
}

TEST_CASE("ACS-004 Bus Master Enable is each virtual function's own", "[acs]") {
  VfBench bench{1, 1, 2};
  bench.builder.write(bench.functions[0], header::command, 2, 0x4);
  const Access access = write_request(bench.builder.id(bench.functions[0]), 0x1000);
  CHECK(issue(bench.builder.topology(), bench.functions[0], access).action == Action::upstream);
  CHECK(issue(bench.builder.topology(), bench.functions[1], access).rule->id == "function.bus-master-disabled");
}

TEST_CASE("ACS-003 Without VF Memory Space Enable no virtual function claims", "[acs]") {
  VfBench bench{1, 1, 2};
  const Access access = write_request(RequesterId{}, 0xE010'1000);
  CHECK(claim(bench.builder.topology(), bench.functions[1], access).action == Action::claim);
  bench.builder.write(bench.physical, bench.sriov() + 0x08, 2, 0x1);
  CHECK(claim(bench.builder.topology(), bench.functions[1], access).rule->id == "function.memory-space-disabled");
}
