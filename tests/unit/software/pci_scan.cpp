// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.5.1.1.9 (multi-function), 6.13 and 7.8.8 (ARI), 9.2.1.2 (buses of virtual
// functions); numbers counted on paper.
#include "software/pci_scan.h"

#include "pcie/capability_list.h"
#include "software/enumeration_error.h"
#include "support/tree_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;
using pcie::NodeIndex;
using pcie::PortType;
using tests::TreeBus;

namespace {

std::vector<std::string> names(const FoundFunctions& functions) {
  std::vector<std::string> result;
  for (const FoundFunction& found : functions)
    result.push_back(found.function.name());
  return result;
}

std::string buses_of(TreeBus& bus, RequesterId port) {
  const std::uint32_t numbers = bus.config_read(0, port, 0x18, 4);
  return std::to_string(numbers & 0xFF) + " " + std::to_string(numbers >> 8 & 0xFF) + " " +
         std::to_string(numbers >> 16 & 0xFF);
}

/// Device 1: a switch whose first port leads to another switch with two endpoints, whose second leads to one endpoint.
/// Device 2: an endpoint.
struct Cascade {
  TreeBus bus;
  Cascade() {
    const NodeIndex top = bus.port(PortType::upstream_port, bus.root_port(1));
    const NodeIndex lower = bus.port(PortType::upstream_port, bus.port(PortType::downstream_port, top, 0x00));
    bus.endpoint(bus.port(PortType::downstream_port, lower, 0x00));
    bus.endpoint(bus.port(PortType::downstream_port, lower, 0x08));
    bus.endpoint(bus.port(PortType::downstream_port, top, 0x08));
    bus.endpoint(bus.root_port(2));
  }
};

pcie::FunctionConfig part_of_device(bool multi_function) {
  pcie::FunctionConfig config;
  config.multi_function = multi_function;
  return config;
}

/// Functions 0, 3 and 17 of an ARI device below root port 1.
struct AriDevice {
  TreeBus bus;
  explicit AriDevice(bool forwarding) {
    const NodeIndex port = bus.root_port(1);
    const std::uint8_t next[] = {3, 17, 0};
    const std::uint8_t own[] = {0, 3, 17};
    for (int i = 0; i < 3; ++i) {
      pcie::FunctionConfig config = part_of_device(true);
      config.ari = pcie::AriConfig{next[i], false};
      bus.add(port, own[i], config);
    }
    const auto express =
        pcie::find_capability(pcie::reader_of(bus.tree()[port].config), pcie::CapabilityId::pci_express);
    if (forwarding) bus.config_write(0, {0, 1, 0}, *express + 0x28, 2, 0x20);
  }
};

/// Two physical functions with 8 virtual functions each: the first ones 256 and 512 behind.
TreeBus two_physical_functions() {
  TreeBus bus;
  const NodeIndex port = bus.root_port(1);
  for (std::uint8_t i = 0; i < 2; ++i) {
    pcie::FunctionConfig config = part_of_device(true);
    config.sriov = pcie::SriovConfig{};
    config.sriov->total_vfs = 8;
    config.sriov->first_vf_offset = static_cast<std::uint16_t>(0x100 * (i + 1));
    config.sriov->vf_stride = 1;
    bus.add(port, i, config);
  }
  bus.endpoint(bus.root_port(2));
  return bus;
}

}  // namespace

TEST_CASE("Buses of cascaded switches are numbered on the way down and closed on the way back", "[software]") {
  Cascade c;
  const FoundFunctions found = scan_buses(c.bus, 0, {0, 255});
  CHECK(found.size() == 12);
  CHECK(buses_of(c.bus, {0, 1, 0}) == "0 1 7");
  CHECK(buses_of(c.bus, {1, 0, 0}) == "1 2 7");
  CHECK(buses_of(c.bus, {2, 0, 0}) == "2 3 6");
  CHECK(buses_of(c.bus, {3, 0, 0}) == "3 4 6");
  CHECK(buses_of(c.bus, {4, 0, 0}) == "4 5 5");
  CHECK(buses_of(c.bus, {4, 1, 0}) == "4 6 6");
  CHECK(buses_of(c.bus, {2, 1, 0}) == "2 7 7");
  CHECK(buses_of(c.bus, {0, 2, 0}) == "0 8 8");
}

TEST_CASE("A scan begins at the host bridge's first bus, and old numbers do not mislead it", "[software]") {
  TreeBus bus{0x40};
  bus.endpoint(bus.root_port(1));
  bus.endpoint(bus.root_port(2));
  // Both ports claim bus 0x41.
  for (const std::uint8_t device : {std::uint8_t{1}, std::uint8_t{2}}) {
    bus.config_write(0, RequesterId{0x40, device, 0}, 0x19, 1, 0x41);
    bus.config_write(0, RequesterId{0x40, device, 0}, 0x1A, 1, 0xFF);
  }
  scan_buses(bus, 0, {0x40, 0x7F});
  CHECK(buses_of(bus, {0x40, 1, 0}) == "64 65 65");
  CHECK(buses_of(bus, {0x40, 2, 0}) == "64 66 66");
}

TEST_CASE("Every function is below the bridge that the scan came through", "[software]") {
  Cascade c;
  const FoundFunctions found = scan_buses(c.bus, 0, {0, 255});
  for (const FoundFunction& function : found) {
    INFO(function.function.name());
    if (function.function.id().bus() == 0) {
      CHECK_FALSE(function.bridge.has_value());
    } else {
      REQUIRE(function.bridge.has_value());
      CHECK(found[*function.bridge].buses.secondary == function.function.id().bus());
    }
  }
}

TEST_CASE("Functions 1 to 7 are looked for only where function 0 says that there are more", "[software]") {
  for (const bool multi_function : {false, true}) {
    TreeBus bus;
    const NodeIndex port = bus.root_port(1);
    bus.add(port, 0, part_of_device(multi_function));
    bus.add(port, 5, part_of_device(false));
    const auto found = names(scan_buses(bus, 0, {0, 255}));
    if (multi_function)
      CHECK(found == std::vector<std::string>{"00:01.0", "01:00.0", "01:00.5"});
    else
      CHECK(found == std::vector<std::string>{"00:01.0", "01:00.0"});
  }
}

TEST_CASE("Function numbers above 7 are found along the ARI list where the port forwards ARI", "[software]") {
  AriDevice with{true};
  CHECK(names(scan_buses(with.bus, 0, {0, 255})) ==
        std::vector<std::string>{"00:01.0", "01:00.0", "01:00.3", "01:02.1"});
  AriDevice without{false};
  CHECK(names(scan_buses(without.bus, 0, {0, 255})) == std::vector<std::string>{"00:01.0", "01:00.0", "01:00.3"});
}

TEST_CASE("A function that its ARI device leaves out of the list is found as without ARI", "[software]") {
  AriDevice device{true};
  device.bus.add(static_cast<NodeIndex>(0), 5, part_of_device(true));
  CHECK(names(scan_buses(device.bus, 0, {0, 255})) ==
        std::vector<std::string>{"00:01.0", "01:00.0", "01:00.3", "01:00.5", "01:02.1"});
}

TEST_CASE("Buses into which virtual functions carry are kept free", "[software]") {
  TreeBus bus = two_physical_functions();
  scan_buses(bus, 0, {0, 255});
  // 01:00.1 + 512 + 7 is 03:01.0.
  CHECK(buses_of(bus, {0, 1, 0}) == "0 1 3");
  CHECK(buses_of(bus, {0, 2, 0}) == "0 4 4");
}

TEST_CASE("A scan turns memory decoding off and leaves bus mastering alone", "[software]") {
  TreeBus bus;
  bus.endpoint(bus.root_port(1));
  bus.config_write(0, {0, 1, 0}, 0x04, 2, 0x6);
  scan_buses(bus, 0, {0, 255});
  CHECK(bus.config_read(0, {0, 1, 0}, 0x04, 2) == 0x4);
}

TEST_CASE("A host bridge without devices has no functions", "[software]") {
  TreeBus bus;
  CHECK(scan_buses(bus, 0, {0, 0}).empty());
}

TEST_CASE("When the buses run out the bridge that got none is named", "[software]") {
  Cascade c;
  CHECK_THROWS_WITH(scan_buses(c.bus, 0, {0, 5}),
                    "04:01.0: no bus number left for what is below it; it needs buses that end above 0x05");
  CHECK_NOTHROW(scan_buses(c.bus, 0, {0, 8}));
}

TEST_CASE("When virtual functions would pass the last bus their physical function is named", "[software]") {
  TreeBus bus = two_physical_functions();
  CHECK_THROWS_WITH(scan_buses(bus, 0, {0, 2}),
                    "01:00.1: no bus number left for its virtual functions, up to bus 0x03; it needs buses that end "
                    "above 0x02");
}
