// SPDX-License-Identifier: Apache-2.0
// Oracle: ACS Control as firmware wrote it, read back by configuration cycles before, during and after.
#include "analysis/acs_trial.h"

#include "software/pci_setup.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;
using pcie::AcsControl;

namespace {

std::optional<AcsControl> control_of(Booted& platform, const std::string& port) {
  const pcie::Node& node = platform.machine.topology()[platform.node(port)];
  return software::acs_control(software::PciFunction{platform.bus, node.segment, node.requester});
}

}  // namespace

TEST_CASE("The ports above a function are those whose secondary side its requests enter", "[analysis]") {
  const Booted platform;
  const pcie::Topology& topology = platform.machine.topology();
  CHECK(ports_above(topology, platform.node("nic0")) ==
        std::vector<pcie::NodeIndex>{platform.node("dp0"), platform.node("rp0")});
  CHECK(ports_above(topology, platform.node("ssd0")) == std::vector<pcie::NodeIndex>{platform.node("rp1")});
  CHECK(ports_above(topology, platform.node("rcie0")).empty());
}

TEST_CASE("A trial adds bits, tells what changed, and restores every control register", "[analysis]") {
  Booted platform{{"devices.rp0.acs=capable",
                   "devices.dp0.acs={capable: [source-validation, p2p-request-redirect], "
                   "enabled: [source-validation]}"}};
  const std::vector<pcie::NodeIndex> ports{platform.node("dp0"), platform.node("rp0")};
  REQUIRE(control_of(platform, "dp0") == AcsControl{0x0001});
  {
    const AcsTrial trial{platform.machine, set_in(ports, AcsControl{0x001C})};
    // dp0 has no completion redirect and no upstream forwarding.
    CHECK(control_of(platform, "dp0") == AcsControl{0x0005});
    CHECK(control_of(platform, "rp0") == AcsControl{0x001C});
    REQUIRE(trial.changes().size() == 2);
    CHECK(trial.changes()[0].port == platform.node("dp0"));
    CHECK(trial.changes()[0].before == 0x0001);
    CHECK(trial.changes()[0].after == 0x0005);
    CHECK(trial.changes()[1].before == 0x0000);
    CHECK(trial.changes()[1].after == 0x001C);
  }
  CHECK(control_of(platform, "dp0") == AcsControl{0x0001});
  CHECK(control_of(platform, "rp0") == AcsControl{0x0000});
}

TEST_CASE("A trial that changes nothing restores nothing and says so", "[analysis]") {
  Booted platform{{"devices.rp0.acs=linux"}};
  {
    const AcsTrial trial{platform.machine, set_in({platform.node("dp0"), platform.node("rp0")}, AcsControl{0x0004})};
    CHECK(trial.changes().empty());
  }
  CHECK(control_of(platform, "rp0") == AcsControl{0x001D});
  CHECK_FALSE(control_of(platform, "dp0").has_value());
}

TEST_CASE("A trial is over for routing, too", "[analysis]") {
  Booted platform{{"devices.rp0.acs=capable", "devices.dp0.acs=capable"}};
  const Access access = dma_write(0x9010'0000);
  {
    const AcsTrial trial{platform.machine, set_in({platform.node("dp0"), platform.node("rp0")}, AcsControl{0x001C})};
    CHECK(platform.walk("nic0", access).landing.kind == LandingKind::memory);
  }
  CHECK(platform.walk("nic0", access).landing.kind == LandingKind::peer);
}

TEST_CASE("A trial clears bits, too, and writes single bits of an egress control vector", "[analysis]") {
  Booted platform{
      {"devices.dp0.acs={capable: [p2p-request-redirect, p2p-egress-control], enabled: "
       "[p2p-request-redirect, p2p-egress-control], egress_blocked: [dp1]}"}};
  // dp1 is port 2 of the switch.
  REQUIRE(platform.decoded("dp0").egress_control == pcie::EgressControlVector{0x4});
  {
    AcsEdit edit;
    edit.port = platform.node("dp0");
    edit.clear = AcsControl{0x0004};
    edit.egress = EgressBit{2, false};
    const AcsTrial trial{platform.machine, {edit}};
    CHECK(platform.decoded("dp0").acs == AcsControl{0x0020});
    CHECK(platform.decoded("dp0").egress_control.none());
    REQUIRE(trial.changes().size() == 2);
    CHECK(trial.changes()[0].offset == 0x06);
    CHECK(trial.changes()[0].before == 0x0024);
    CHECK(trial.changes()[0].after == 0x0020);
    CHECK(trial.changes()[1].offset == 0x08);
    CHECK(trial.changes()[1].before == 0x0000'0004);
    CHECK(trial.changes()[1].after == 0x0000'0000);
  }
  CHECK(platform.decoded("dp0").acs == AcsControl{0x0024});
  CHECK(platform.decoded("dp0").egress_control == pcie::EgressControlVector{0x4});
}

TEST_CASE("A port without an egress control vector has nothing written behind its ACS capability", "[analysis]") {
  Booted platform{{"devices.dp0.acs=capable"}};
  AcsEdit edit;
  edit.port = platform.node("dp0");
  edit.egress = EgressBit{2, true};
  const AcsTrial trial{platform.machine, {edit}};
  CHECK(trial.changes().empty());
}
