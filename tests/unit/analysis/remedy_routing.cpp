// SPDX-License-Identifier: Apache-2.0
// Remedies for what ports and the root complex decide.
// Oracle: each remedy is applied by hand to the same platform, and the access walked again; ACS-050.
#include "pcie/capability_list.h"
#include "unit/analysis/advice.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

const Access into_gpu = dma_write(0x9010'0040);
const std::string egress_and_redirect =
    "devices.dp0.acs={capable: [p2p-request-redirect, p2p-completion-redirect, upstream-forwarding, "
    "p2p-egress-control, direct-translated-p2p], enabled: [p2p-request-redirect, p2p-egress-control]";

}  // namespace

TEST_CASE("ACS-050 Request Redirect alone is not advised when the port above turns the request back", "[analysis]") {
  Booted platform{{"devices.rp0.acs=capable", "devices.dp0.acs=capable"}};
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.kind == CollisionKind::peer_hijack);
  // Linux's set is source validation (1), request redirect (4), completion redirect (8), upstream forwarding (10h).
  CHECK(advice.text("enable-acs") ==
        "Set ACS Control of dp0 (02:00.0) 0x0000 -> 0x001d (setpci -s 02:00.0 ECAP_ACS+6.w=001d), "
        "rp0 (00:01.0) 0x0000 -> 0x001d (setpci -s 00:01.0 ECAP_ACS+6.w=001d)");

  Booted redirect_only{{"devices.rp0.acs=capable",
                        "devices.dp0.acs={capable: [p2p-request-redirect, "
                        "p2p-completion-redirect], enabled: [p2p-request-redirect]}"}};
  CHECK(redirect_only.walk("nic0", into_gpu).landing.kind == LandingKind::rejected);
  Booted applied{linux_acs};
  CHECK(applied.walk("nic0", into_gpu).landing.kind == LandingKind::memory);
}

TEST_CASE("Request and Completion Redirect at one port are advised when that is enough", "[analysis]") {
  Booted platform{{"devices.rp0.acs=linux", "devices.dp0.acs=capable"}};
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.text("enable-acs") ==
        "Set ACS Control of dp0 (02:00.0) 0x0000 -> 0x000c (setpci -s 02:00.0 ECAP_ACS+6.w=000c)");
  CHECK(platform.decoded("dp0").acs == pcie::AcsControl{0});

  Booted applied{{"devices.rp0.acs=linux",
                  "devices.dp0.acs={capable: [p2p-request-redirect, "
                  "p2p-completion-redirect], enabled: [p2p-request-redirect, "
                  "p2p-completion-redirect]}"}};
  CHECK(applied.walk("nic0", into_gpu).landing.kind == LandingKind::memory);
}

TEST_CASE("Without ACS at the port, another port or other addresses are advised", "[analysis]") {
  Booted platform;
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.actions() == Actions{"replace-port", "reserve-iova", "remap"});
  CHECK(advice.text("replace-port") ==
        "dp0 (02:00.0) has no ACS capability, so no setting sends this request to the IOMMU: move nic0 below a port "
        "with ACS, or to another root port");
  CHECK(advice.text("reserve-iova") ==
        "Keep the IOVAs of domain user out of 0x90100000-0x901fffff, BAR 2 of gpu0 (04:00.0)");
  // Every window and mapping of the platform ends below 4 GiB.
  CHECK(advice.text("remap") ==
        "Map pool at an IOVA from 0x100000000 upwards, above every window of the fabric and "
        "every mapping");
}

TEST_CASE("A port without ACS above one that redirects keeps ACS from helping", "[analysis]") {
  Booted platform{{"devices.dp0.acs=capable"}};
  CHECK(advise(platform, "nic0", into_gpu).actions() == Actions{"reserve-iova", "remap"});
}

TEST_CASE("A root port that could redirect is asked when the root complex went to the peer", "[analysis]") {
  const std::string mapping = "software.domains.user.mappings=[{iova: 0x9020_0000, buffer: ring}]";
  Booted capable{{"host_bridges.pcie0.peer_to_peer=allowed", "devices.rp0.acs=capable", mapping}};
  const Advice advice = advise(capable, "nic0", dma_read(0x9020'0000));
  CHECK(advice.kind == CollisionKind::peer_hijack);
  CHECK(advice.text("enable-acs").find("rp0 (00:01.0) 0x0000 -> 0x000c") != std::string::npos);
  Booted without{{"host_bridges.pcie0.peer_to_peer=allowed", mapping}};
  CHECK(advise(without, "nic0", dma_read(0x9020'0000)).text("replace-port").find("rp0 (00:01.0)") == 0);
}

TEST_CASE("A breach by an address that was never mapped is cured by ACS that lets the IOMMU refuse it", "[analysis]") {
  Booted platform{{"devices.rp0.acs=linux", "devices.dp0.acs=capable", "software.domains.user.mappings=[]"}};
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.kind == CollisionKind::isolation_breach);
  CHECK(advice.actions() == Actions{"enable-acs"});
}

TEST_CASE("An address in the device's own window goes up with Upstream Forwarding, or is to be avoided", "[analysis]") {
  const std::string mapping = "software.domains.user.mappings=[{iova: 0x9000_0000, buffer: ring, size: 64KiB}]";
  Booted capable{{"devices.rp0.acs=capable", "devices.dp0.acs=capable", mapping}};
  const Access access = dma_write(0x9000'0000);
  const Advice advice = advise(capable, "nic0", access);
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.text("enable-acs").find("dp0 (02:00.0) 0x0000 -> 0x0010") != std::string::npos);
  CHECK(advice.text("enable-acs").find("rp0 (00:01.0) 0x0000 -> 0x0010") != std::string::npos);
  const std::string forwarding = "{capable: [upstream-forwarding], enabled: [upstream-forwarding]}";
  Booted applied{{"devices.rp0.acs=" + forwarding, "devices.dp0.acs=" + forwarding, mapping}};
  CHECK(applied.walk("nic0", access).landing.kind == LandingKind::memory);

  Booted without{{mapping}};
  CHECK(advise(without, "nic0", access).actions() == Actions{"replace-port", "reserve-iova", "remap"});
  CHECK(advise(without, "nic0", access).text("reserve-iova") ==
        "Keep the IOVAs of domain user out of 0x90000000-0x900fffff, a window of dp0 (02:00.0)");
}

TEST_CASE("A peer behind a root complex without peer-to-peer needs another root complex", "[analysis]") {
  Booted platform{{"host_bridges.pcie0.peer_to_peer=denied",
                   "software.domains=[{name: all, type: identity, devices: "
                   "[nic0]}]"}};
  const Advice advice = advise(platform, "nic0", dma_write(0x9020'0000));
  CHECK(advice.kind == CollisionKind::peer_blocked);
  CHECK(advice.text("allow-peer-to-peer").find("pcie0 forwards nothing between root ports") == 0);
}

TEST_CASE("An interrupt that lands in a BAR calls for another place of the BAR", "[analysis]") {
  // The BAR has the bus addresses of the interrupt window; processors reach it elsewhere.
  Booted platform{
      {"host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x40_f000_0000, "
       "size: 240MiB, bus: 0xf000_0000}]",
       "devices.nic0.bars=[{bar: 0, base: 0xfed0_0000, size: 64KiB}]",
       "devices.gpu0.bars=[{bar: 2, base: 0xfee0_0000, size: 1MiB}]", "software.domains.user.mappings=[]"}};
  AccessRecord record;
  record.device = platform.node("nic0");
  record.source = AccessSource::msi;
  record.access = dma_write(0xFEE0'2000, 4);
  record.intent = IntentResolver{platform.machine, platform.system}.of_msi(record.device, 1);
  record.landing = platform.walk("nic0", record.access, 0x41).landing;
  REQUIRE(record.landing.kind == LandingKind::peer);
  const auto remedies = find_remedies(platform.machine, platform.system, record, CollisionKind::doorbell_lost);
  REQUIRE(remedies.size() == 2);
  CHECK(remedies[0].action == "replace-port");
  CHECK(remedies[1].text == "Move BAR 2 of gpu0 (04:00.0) away from 0xfee02000, where nic0 writes its interrupts");
}

TEST_CASE("ACS-016 An open bit of the egress control vector is to be closed where it lets a request go by",
          "[analysis]") {
  Booted platform{{"devices.rp0.acs=linux", egress_and_redirect + "}"}};
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.kind == CollisionKind::peer_hijack);
  CHECK(advice.record.landing.rule->id == "acs.p2p-egress-direct");
  // dp1 is port 2.
  CHECK(advice.text("enable-acs") ==
        "Set Egress Control Vector of dp0 (02:00.0) 0x00000000 -> 0x00000004 (setpci -s 02:00.0 "
        "ECAP_ACS+8.l=00000004)");
  Booted applied{{"devices.rp0.acs=linux", egress_and_redirect + ", egress_blocked: [dp1]}"}};
  CHECK(applied.walk("nic0", into_gpu).landing.kind == LandingKind::memory);
}

TEST_CASE("Redirect into a root complex that forwards nothing is cured by clearing it", "[analysis]") {
  const std::string denied = "host_bridges.pcie0.peer_to_peer=denied";
  const std::string identity = "software.domains=[{name: all, type: identity, devices: [nic0]}]";
  Booted platform{{denied, identity, "devices.rp0.acs=linux", "devices.dp0.acs=linux"}};
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.kind == CollisionKind::peer_blocked);
  CHECK(advice.actions() == Actions{"relax-acs", "allow-peer-to-peer"});
  CHECK(advice.text("relax-acs") ==
        "Set ACS Control of dp0 (02:00.0) 0x001d -> 0x0019 (setpci -s 02:00.0 ECAP_ACS+6.w=0019); from then on no "
        "IOMMU sees what goes this way");
  // They are below one switch already.
  CHECK(advice.text("allow-peer-to-peer") == "pcie0 forwards nothing between root ports: use a root complex that does");
  Booted applied{{denied, identity, "devices.rp0.acs=linux",
                  "devices.dp0.acs={capable: [source-validation, p2p-request-redirect, p2p-completion-redirect, "
                  "upstream-forwarding], enabled: [source-validation, p2p-completion-redirect, upstream-forwarding]}"}};
  CHECK(applied.walk("nic0", into_gpu).landing.kind == LandingKind::peer);
}

TEST_CASE("A segment other than 0 stands in the command that changes a port", "[analysis]") {
  Booted platform{{"host_bridges.pcie0.segment=1", "devices.rp0.acs=linux", "devices.dp0.acs=capable"}};
  CHECK(advise(platform, "nic0", into_gpu).text("enable-acs") ==
        "Set ACS Control of dp0 (0001:02:00.0) 0x0000 -> 0x000c (setpci -s 0001:02:00.0 ECAP_ACS+6.w=000c)");
}

TEST_CASE("Behind a disabled link, enabling it or stopping the device first is advised", "[analysis]") {
  Booted platform;
  const pcie::Node& port = platform.machine.topology()[platform.node("dp0")];
  const auto express = pcie::find_capability(pcie::reader_of(port.config), pcie::CapabilityId::pci_express);
  REQUIRE(express.has_value());
  // Link Control, Link Disable.
  platform.bus.config_write(0, port.requester, *express + 0x10, 2, 0x10);
  const Advice advice = advise(platform, "nic0", dma_read(0x10'0040));
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.actions() == Actions{"enable-link"});
  CHECK(advice.text("enable-link") ==
        "Enable the link below dp0 (02:00.0) again (Link Disable in Link Control), or quiesce nic0 before the link is "
        "disabled");
  platform.bus.config_write(0, port.requester, *express + 0x10, 2, 0);
  CHECK(platform.walk("nic0", dma_read(0x10'0040)).landing.kind == LandingKind::memory);
}
