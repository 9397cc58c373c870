// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/platform-format.md; PCIe base specification, 7.9.14: the capability is for root ports and downstream
// ports, which have AER beside it.
#include "support/small_platforms.h"
#include "unit/platforms/sample.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using platforms::test::check_error;
using platforms::test::edited;
using platforms::test::load;

namespace {

std::optional<DpcDescription> port_dpc(const std::string& dpc) {
  return load({{"at: 01.0", "at: 01.0\n        dpc: " + dpc}}).host_bridges[0].functions[0].dpc;
}

const std::string path = "host_bridges.pcie0.devices.rp0.dpc";

}  // namespace

TEST_CASE("A port has DPC when the file says so, and blocks poisoned TLPs when it says that, too", "[platforms]") {
  CHECK_FALSE(load().host_bridges[0].functions[0].dpc.has_value());
  const auto idle = port_dpc("{}");
  REQUIRE(idle.has_value());
  CHECK_FALSE(idle->poisoned_egress_blocking);
  const auto blocking = port_dpc("{poisoned_egress_blocking: true}");
  REQUIRE(blocking.has_value());
  CHECK(blocking->poisoned_egress_blocking);
}

TEST_CASE("Firmware enables egress blocking in DPC Control", "[platforms]") {
  const iommusim::test::Booted booted{
      {"devices.dp0.dpc={poisoned_egress_blocking: true}", "devices.dp1.dpc={poisoned_egress_blocking: false}"}};
  CHECK(booted.decoded("dp0").blocks_poisoned_egress);
  CHECK_FALSE(booted.decoded("dp1").blocks_poisoned_egress);
  CHECK_FALSE(booted.decoded("rp0").blocks_poisoned_egress);
}

TEST_CASE("DPC belongs to ports that face a link and have AER", "[platforms]") {
  check_error(
      edited({{"          - name: nic0",
               "          - {name: sw0, type: upstream-port, at: 00.1, dpc: @{}}\n          - name: nic0"}}),
      "host_bridges.pcie0.devices.rp0.devices.sw0.dpc: found dpc on an upstream-port, expected it on ports that "
      "face a link: root-port or downstream-port");
  check_error(edited({{"at: 01.0", "at: 01.0\n        aer: false\n        dpc: @{}"}}),
              path + ": found dpc without aer, expected aer: true beside it");
}

TEST_CASE("An endpoint does not know the key dpc", "[platforms]") {
  CHECK_THROWS_AS(load({{"msi: {vectors: 4}", "dpc: {}"}}), InputError);
}

TEST_CASE("DPC has one key, a flag", "[platforms]") {
  check_error(edited({{"at: 01.0", "at: 01.0\n        dpc: {poisoned_egress_blocking: @yes}"}}),
              path + ".poisoned_egress_blocking: found 'yes', expected true or false");
}
