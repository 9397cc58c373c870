// SPDX-License-Identifier: Apache-2.0
// Oracle: the position of the '@' in each text; PCIe base specification, 7.3.1 (one device below a link).
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using test::check_error;
using test::edited;
using test::load;

TEST_CASE("Two functions of one number on a bus are an error", "[platforms]") {
  check_error(edited({{"at: 02.0", "at: @01.0"}}),
              "host_bridges.pcie0.devices.rp1.at: found 00:01.0, which 'rp0' has, expected a device and "
              "function of its "
              "own");
}

TEST_CASE("Below a link stands one device, with its functions", "[platforms]") {
  check_error(edited({{"- name: nic0", "- name: nic0\n            at: @01.0"}}),
              "host_bridges.pcie0.devices.rp0.devices.nic0.at: found device 01 below a link, expected device "
              "00, with "
              "functions 0 to 7");
  const std::string second = "          - {name: nic1, type: endpoint, at: 00.1}\n      - name: rp1";
  const Description d = load({{"      - name: rp1", second}});
  CHECK(d.host_bridges[0].functions[0].children[1].id == RequesterId{1, 0, 1});
}

TEST_CASE("A device without function 0 cannot be found", "[platforms]") {
  check_error(edited({{"- name: nic0", "- name: nic0\n            at: @00.1"}}),
              "host_bridges.pcie0.devices.rp0.devices.nic0.at: found function 1 of a device without function "
              "0, expected "
              "a function 0 beside it");
}

TEST_CASE("Each kind of function stands where its kind can stand", "[platforms]") {
  check_error(edited({{"- name: nic0\n            type: endpoint",
                       "- name: nic0\n            type: @root-complex-endpoint\n            at: 00.0"}}),
              "host_bridges.pcie0.devices.rp0.devices.nic0.type: found 'root-complex-endpoint', expected endpoint, "
              "upstream-port or pcie-pci-bridge below a root-port");
  check_error(edited({{"      - name: rp1", "      - {name: e0, type: @endpoint, at: 03.0}\n      - name: rp1"}}),
              "host_bridges.pcie0.devices.e0.type: found 'endpoint', expected root-port, root-complex-endpoint "
              "or pcie-pci-bridge on a root bus");
  check_error(edited({{"          - name: nic0",
                       "          - {name: sw0, type: upstream-port, devices: [{name: e0, type: @endpoint}]}\n"
                       "          - name: nic0"}}),
              "host_bridges.pcie0.devices.rp0.devices.sw0.devices.e0.type: found 'endpoint', expected "
              "downstream-port "
              "below an upstream-port");
}

TEST_CASE("Only ports have devices below them", "[platforms]") {
  check_error(edited({{"            msi: {vectors: 4}", "            @devices: []"}}),
              "host_bridges.pcie0.devices.rp1.devices.gpu0.devices: found an unknown key, expected name, "
              "type, at, id, "
              "class, bars, msi, msix, acs, aer, link, bus_master, memory_space, max_payload, max_read_request, "
              "dma_alias, ats, pri, pasid, dma_bits, ari, sriov, dma or device_tlb");
}

TEST_CASE("A device number must be one that lspci could print", "[platforms]") {
  check_error(edited({{"at: 02.0", "at: @20.0"}}),
              "host_bridges.pcie0.devices.rp1.at: found '20.0', expected device.function as lspci prints it, "
              "as in 1f.3 "
              "or 3b:00.0");
}

TEST_CASE("Two host bridges of a segment share no bus", "[platforms]") {
  check_error(edited({{"iommus:", "  - {name: pcie1, buses: @[5, 9]}\niommus:"}}),
              "host_bridges.pcie1.buses: found buses 0x05 to 0x09, expected none of those that 'pcie0' has in this "
              "segment");
  CHECK(load({{"iommus:", "  - {name: pcie1, segment: 1, buses: [5, 9]}\niommus:"}}).host_bridges.size() == 2);
}

TEST_CASE("An unknown IOMMU name brings the known ones", "[platforms]") {
  check_error(edited({{"iommu: dmar0", "iommu: @dmar1"}}),
              "host_bridges.pcie0.iommu: found 'dmar1', expected an IOMMU: 'dmar0' (allowed: dmar0)");
}

TEST_CASE("A type that cannot stand there is said before what its keys lack", "[platforms]") {
  check_error(
      edited({{"- name: nic0\n            type: endpoint", "- name: nic0\n            type: @root-port"}}),
      "host_bridges.pcie0.devices.rp0.devices.nic0.type: found 'root-port', expected endpoint, upstream-port or "
      "pcie-pci-bridge below a root-port");
}

TEST_CASE("ACS on the only function of an endpoint without SR-IOV is an error", "[platforms]") {
  check_error(
      edited({{"msi: {vectors: 4}", "acs: @capable"}}),
      "host_bridges.pcie0.devices.rp1.devices.gpu0.acs: found ACS on the only function of a device, expected it "
      "on devices with several functions or with sriov");
  CHECK_NOTHROW(load({{"            msi: {vectors: 4}",
                       "            acs: capable\n          - {name: gpu1, type: endpoint, at: 00.1}"}}));
}

TEST_CASE("Ports of one component have different numbers", "[platforms]") {
  check_error(
      edited({{"at: 02.0", "at: 02.0\n        port_number: @1"}}),
      "host_bridges.pcie0.devices.rp1.port_number: found 1, which 'rp0' has, expected a port number of its own");
  check_error(
      edited({{"at: 01.0", "at: 01.0\n        port_number: @2"}}),
      "host_bridges.pcie0.devices.rp0.port_number: found 2, which 'rp1' has, expected a port number of its own");
}

TEST_CASE("A pair of ports has one policy", "[platforms]") {
  const std::string pairs =
      "iommu: dmar0\n    peer_to_peer: {pairs: [{from: rp0, to: rp1, policy: allowed}, "
      "@{from: rp0, to: rp1, policy: denied}]}";
  check_error(
      edited({{"iommu: dmar0", pairs}}),
      "host_bridges.pcie0.peer_to_peer.pairs.1: found the pair 'rp0' to 'rp1' a second time, expected every pair "
      "once");
  CHECK_NOTHROW(load({{"iommu: dmar0",
                       "iommu: dmar0\n    peer_to_peer: {pairs: [{from: rp0, to: rp1, policy: allowed}, "
                       "{from: rp1, to: rp0, policy: denied}]}"}}));
}
