// SPDX-License-Identifier: Apache-2.0
// Oracle: depth-first numbering on paper.
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

namespace {

/// A switch with two empty downstream ports in place of nic0's neighbourhood.
const test::Edits with_switch{
    {"          - name: nic0\n            type: endpoint\n            bars: [{bar: 0, base: 0x9000_0000, "
     "size: 1MiB}]\n"
     "            msix: {vectors: 8, table_bar: 0}\n",
     "          - name: sw0\n            type: upstream-port\n            devices:\n"
     "              - {name: dp0, type: downstream-port, at: 00.0}\n"
     "              - {name: dp1, type: downstream-port, at: 01.0, devices: [{name: nic0, type: "
     "endpoint}]}\n"},
    {"  interrupts: [{device: nic0, index: 1, vector: 0x41, apic_id: 2}]\n", ""}};

test::Edits with_switch_and(const test::Edits& more) {
  test::Edits edits = with_switch;
  edits.insert(edits.end(), more.begin(), more.end());
  return edits;
}

}  // namespace

TEST_CASE("Buses are numbered depth first in the order of the file", "[platforms]") {
  const Description d = load(with_switch);
  const FunctionDescription& rp0 = d.host_bridges[0].functions[0];
  CHECK(rp0.id == RequesterId{0, 1, 0});
  CHECK(rp0.secondary_bus == 1);
  CHECK(rp0.subordinate_bus == 4);
  const FunctionDescription& sw0 = rp0.children[0];
  CHECK(sw0.id == RequesterId{1, 0, 0});
  CHECK(sw0.secondary_bus == 2);
  CHECK(sw0.subordinate_bus == 4);
  CHECK(sw0.children[0].secondary_bus == 3);
  CHECK(sw0.children[0].subordinate_bus == 3);
  CHECK(sw0.children[1].id == RequesterId{2, 1, 0});
  CHECK(sw0.children[1].children[0].id == RequesterId{4, 0, 0});
  CHECK(d.host_bridges[0].functions[1].secondary_bus == 5);
}

TEST_CASE("Ports that face down are numbered from 1 among their siblings", "[platforms]") {
  const Description d = load(with_switch);
  const FunctionDescription& sw0 = d.host_bridges[0].functions[0].children[0];
  CHECK(sw0.port_number == 0);
  CHECK(sw0.children[0].port_number == 1);
  CHECK(sw0.children[1].port_number == 2);
  CHECK(d.host_bridges[0].functions[1].port_number == 2);
  CHECK(load({{"at: 02.0", "at: 02.0\n        port_number: 9"}}).host_bridges[0].functions[1].port_number == 9);
}

TEST_CASE("Given bus numbers are kept and the others go on from there", "[platforms]") {
  const Description d = load({{"at: 01.0", "at: 01.0\n        secondary: 2\n        subordinate: 3"}});
  CHECK(d.host_bridges[0].functions[0].children[0].id == RequesterId{2, 0, 0});
  CHECK(d.host_bridges[0].functions[0].subordinate_bus == 3);
  CHECK(d.host_bridges[0].functions[1].secondary_bus == 4);
}

TEST_CASE("Buses can run out in a host bridge", "[platforms]") {
  check_error(edited(with_switch_and({{"[0, 5]", "[0, 4]"}, {"- name: rp1", "- @name: rp1"}})),
              "host_bridges.pcie0.devices.rp1: found no bus number left for what is below it, expected buses "
              "that end "
              "above 0x04");
}

TEST_CASE("Buses can run out below a port", "[platforms]") {
  check_error(edited(with_switch_and(
                  {{"at: 01.0\n", "at: 01.0\n        subordinate: 3\n"}, {"- {name: dp1", "- @{name: dp1"}})),
              "host_bridges.pcie0.devices.rp0.devices.sw0.devices.dp1: found no bus number left for what is "
              "below it, "
              "expected buses that end above 0x03");
}

TEST_CASE("Given bus numbers stay inside the range of the port or bridge above", "[platforms]") {
  check_error(edited({{"at: 01.0", "at: 01.0\n        secondary: @6"}}),
              "host_bridges.pcie0.devices.rp0.secondary: found 0x06, expected a bus number from 0x01 to 0x05");
  check_error(edited({{"at: 01.0", "at: 01.0\n        subordinate: @6"}}),
              "host_bridges.pcie0.devices.rp0.subordinate: found 0x06, expected a bus number from 0x01 to 0x05");
  check_error(edited({{"at: 01.0", "at: 01.0\n        secondary: 3"}, {"at: 02.0", "at: 02.0\n        secondary: @3"}}),
              "host_bridges.pcie0.devices.rp1.secondary: found 0x03, expected a bus number from 0x04 to 0x05");
}

TEST_CASE("A bus in 'at' must be the one that the device is on", "[platforms]") {
  check_error(edited({{"- name: nic0", "- name: nic0\n            at: @03:00.0"}}),
              "host_bridges.pcie0.devices.rp0.devices.nic0.at: found bus 0x03, expected 0x01, the bus that it is on");
}
