// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md, SR-IOV, ARI and egress control; routing IDs and ranges by hand.
#include "platforms/functions.h"
#include "platforms/machine.h"
#include "platforms/machine_bus.h"
#include "platforms/operating_system.h"
#include "platforms/walk.h"
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

const std::string nic = "            msix: {vectors: 8, table_bar: 0}";
const std::string path = "host_bridges.pcie0.devices.rp0.devices.nic0";

/// nic0 (01:00.0) with these lines more.
test::Edits with(const std::string& lines) {
  return {{nic, nic + "\n            " + lines}};
}

const std::string four_of_eight =
    "sriov: {total_vfs: 8, num_vfs: 4, vf_bars: [{bar: 0, base: 0x9010_0000, size: 64KiB}], "
    "msix: {vectors: 2, table_bar: 0}}";

const FunctionDescription& function(const Description& description, const std::string& name) {
  for (const FunctionPlace& place : all_functions(description))
    if (place.function->name == name) return *place.function;
  FAIL("no function " << name);
  throw 0;
}

}  // namespace

TEST_CASE("Virtual functions are devices with names, routing IDs and slices of the VF BARs", "[platforms]") {
  const Description d = load(with(four_of_eight));
  const FunctionDescription& third = function(d, "nic0-vf2");
  CHECK(third.kind == FunctionKind::virtual_function);
  CHECK(third.id == RequesterId{1, 0, 3});
  REQUIRE(third.bars.size() == 1);
  CHECK(third.bars[0].base == BusAddr{0x9012'0000});
  REQUIRE(third.msix.has_value());
  CHECK(third.msix->vectors == 2);
  CHECK(function(d, "nic0").virtual_functions.size() == 4);
}

TEST_CASE("Windows hold the VF BARs of all virtual functions that a device can have", "[platforms]") {
  const Description d =
      load(with("sriov: {total_vfs: 32, num_vfs: 1, vf_bars: [{bar: 0, base: 0x9010_0000, size: 64KiB}]}"));
  // 32 slices of 64 KiB are 2 MiB.
  CHECK(function(d, "rp0").window == Range<BusAddr>{BusAddr{0x9000'0000}, BusAddr{0x902F'FFFF}});
}

TEST_CASE("Bus numbers leave room for the virtual functions that carry into the next bus", "[platforms]") {
  const Description d = load(with("sriov: {total_vfs: 2, num_vfs: 2, first_vf_offset: 0xff, vf_stride: 1}"));
  CHECK(function(d, "nic0-vf1").id == RequesterId{2, 0, 0});
  CHECK(function(d, "rp0").subordinate_bus == 2);
  CHECK(function(d, "gpu0").id == RequesterId{3, 0, 0});
}

TEST_CASE("More virtual functions are not enabled than there are", "[platforms]") {
  check_error(edited(with("sriov: {total_vfs: 8, num_vfs: @9}")),
              path + ".sriov.num_vfs: found '9', expected a number from 0 to 8");
}

TEST_CASE("A VF BAR is at least a page", "[platforms]") {
  check_error(edited(with("sriov: {total_vfs: 8, vf_bars: [{bar: 0, size: @2KiB}]}")),
              path + ".sriov.vf_bars.0.size: found '2KiB', expected at least 4 KiB, the smallest system page");
}

TEST_CASE("VF BARs share no address with other BARs", "[platforms]") {
  check_error(edited(with("sriov: {total_vfs: 8, vf_bars: [{bar: 0, base: @0x900f_0000, size: 64KiB}]}")),
              path +
                  ".sriov.vf_bars.0.base: found 0x900f0000-0x9016ffff, which meets BAR 0 of 'nic0', expected "
                  "addresses that no other BAR has");
}

TEST_CASE("Virtual functions have routing IDs that nobody else has", "[platforms]") {
  // The bus range is given, so that the second virtual function stands where gpu0 is.
  test::Edits edits = with("sriov: {total_vfs: 2, num_vfs: 2, first_vf_offset: @0xff}");
  edits.push_back({"at: 01.0", "at: 01.0\n        subordinate: 1"});
  check_error(edited(edits), path +
                                 ".sriov.first_vf_offset: found 'nic0-vf1' at 02:00.0, which 'gpu0' has, expected "
                                 "virtual functions with routing IDs of their own");
}

TEST_CASE("Routing IDs of virtual functions have 16 bits", "[platforms]") {
  check_error(edited(with("sriov: {total_vfs: @3, first_vf_offset: 0xff00, vf_stride: 0x100}")),
              path +
                  ".sriov.total_vfs: found a last virtual function with routing ID 0x10200, expected routing IDs up "
                  "to 0xffff (first_vf_offset and vf_stride are added to the physical function's)");
}

TEST_CASE("Function numbers above 7 need ARI in the function", "[platforms]") {
  const test::Edits second = {{"      - name: rp1",
                               "          - {name: nic8, type: endpoint, at: 01.0, ari: true}\n"
                               "      - name: rp1"}};
  CHECK(function(load(second), "nic8").id.devfn() == 8);
  check_error(edited({{"      - name: rp1", "          - {name: nic8, type: endpoint, at: @01.0}\n      - name: rp1"}}),
              "host_bridges.pcie0.devices.rp0.devices.nic8.at: found device 01 below a link, expected device 00, with "
              "functions 0 to 7");
}

TEST_CASE("Function groups are enabled in function 0", "[platforms]") {
  const test::Edits second = {
      {"      - name: rp1",
       "          - {name: nic1, type: endpoint, at: 00.1, ari: {acs_function_groups: @true}}\n      - name: rp1"}};
  check_error(edited(second),
              "host_bridges.pcie0.devices.rp0.devices.nic1.ari.acs_function_groups: found function "
              "number 1, expected it in function 0, which speaks for its device");
}

TEST_CASE("Egress control names sibling ports by their port number", "[platforms]") {
  const std::string acs =
      "acs: {capable: [p2p-egress-control], enabled: [p2p-egress-control], egress_blocked: [rp1, 7]}";
  const Description d = load({{"at: 01.0", "at: 01.0\n        " + acs}});
  const auto& blocked = function(d, "rp0").acs->egress_blocked;
  CHECK(blocked.count() == 2);
  CHECK(blocked[function(d, "rp1").port_number]);
  CHECK(blocked[7]);
}

TEST_CASE("Egress control names functions and virtual functions by their function number", "[platforms]") {
  const Description d = load(with(
      "acs: {capable: [p2p-egress-control], egress_blocked: [nic0-vf1]}\n            sriov: {total_vfs: 4, num_vfs: 2, "
      "first_vf_offset: 16, acs: {capable: [p2p-egress-control], egress_blocked: [nic0]}}"));
  CHECK(function(d, "nic0").acs->egress_blocked == pcie::EgressControlVector{}.set(17));
  CHECK(function(d, "nic0-vf0").acs->egress_blocked == pcie::EgressControlVector{}.set(0));
}

TEST_CASE("An unknown egress target brings the known ones", "[platforms]") {
  check_error(edited({{"at: 01.0", "at: 01.0\n        acs: {capable: [EgressCtrl], egress_blocked: [@rp2]}"}}),
              "host_bridges.pcie0.devices.rp0.acs.egress_blocked.0: found 'rp2', expected a sibling port or function: "
              "'rp0' (allowed: rp0 or rp1)");
}

TEST_CASE("An egress target lies inside the vector", "[platforms]") {
  check_error(edited({{"at: 01.0",
                       "at: 01.0\n        acs: {capable: [EgressCtrl], egress_vector_bits: 4, egress_blocked: [@9]}"}}),
              "host_bridges.pcie0.devices.rp0.acs.egress_blocked.0: found number 9, expected one below 4, the "
              "egress_vector_bits");
}

TEST_CASE("Only ports that face a link forward ARI", "[platforms]") {
  CHECK(function(load({{"at: 01.0", "at: 01.0\n        ari_forwarding: true"}}), "rp0").ari_forwarding);
  check_error(edited({{"          - name: nic0",
                       "          - {name: sw0, type: upstream-port, at: 00.1, ari_forwarding: @true}\n"
                       "          - name: nic0"}}),
              "host_bridges.pcie0.devices.rp0.devices.sw0.ari_forwarding: found 'true', expected it on ports that face "
              "a link: root-port or downstream-port");
}

TEST_CASE("Firmware programs virtual functions, ARI forwarding and egress control by configuration cycles",
          "[platforms]") {
  test::Edits edits = with(
      "acs: {capable: [p2p-egress-control], enabled: [p2p-egress-control], egress_blocked: [nic0-vf0]}\n            " +
      four_of_eight);
  edits.push_back({"at: 01.0", "at: 01.0\n        ari_forwarding: true"});
  const Description d = load(edits);
  Machine machine{d};
  MachineBus bus{machine};
  OperatingSystem system{machine, bus};
  system.boot();
  const pcie::Topology& topology = machine.topology();
  CHECK(topology[machine.find_function("rp0")].decoded.ari_forwarding);
  // Functions 1 to 4 are the virtual ones.
  CHECK(topology[machine.find_function("nic0")].decoded.egress_control == pcie::EgressControlVector{}.set(1));
  const pcie::Decoded& last = topology[machine.find_function("nic0-vf3")].decoded;
  CHECK(last.present);
  CHECK(last.bus_master_enable);
  CHECK(last.bars[0] == Range<BusAddr>{BusAddr{0x9013'0000}, BusAddr{0x9013'FFFF}});
}

TEST_CASE("Reads of a virtual function beyond the subordinate bus get no completion", "[platforms]") {
  test::Edits edits = with("sriov: {total_vfs: 1, num_vfs: 1, first_vf_offset: 0x400}");
  edits.push_back({"at: 01.0", "at: 01.0\n        subordinate: 5"});
  edits.push_back({"at: 02.0", "at: 02.0\n        secondary: 9"});
  edits.push_back({"buses: [0, 5]", "buses: [0, 9]"});
  const Description d = load(edits);
  Machine machine{d};
  MachineBus bus{machine};
  OperatingSystem system{machine, bus};
  system.boot();
  const pcie::NodeIndex function = machine.find_function("nic0-vf0");
  REQUIRE(machine.topology()[function].decoded.bus_master_enable);
  const pcie::Node& port = machine.topology()[machine.find_function("rp0")];
  iommu::FetchLog fetches;
  Access access;
  access.size = 64;
  CHECK(walk(machine, function, access, fetches).landing.status != CompletionStatus::timeout);
  machine.topology().config_write(0, port.requester, 0x1A, 1, 1);  // Subordinate bus number.
  CHECK(walk(machine, function, access, fetches).landing.status == CompletionStatus::timeout);
}

TEST_CASE("Virtual functions with ATS share the device TLB of their physical function", "[platforms][ats]") {
  const std::string sriov = "sriov: {total_vfs: 4, num_vfs: 2, ats: true}";
  const Description d = load(with("ats: true\n            " + sriov));
  Machine machine{d};
  const Device& physical = *machine.find_device("nic0");
  const Device& virtual_function = *machine.find_device("nic0-vf1");
  REQUIRE(physical.tlb != nullptr);
  CHECK(virtual_function.tlb == physical.tlb);
  CHECK(machine.find_device("gpu0")->tlb == nullptr);
  check_error(edited(with("sriov: {total_vfs: 4, ats: @true}")),
              path + ".sriov.ats: found 'true', expected false without ats of the physical function");
}
