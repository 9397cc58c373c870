// SPDX-License-Identifier: Apache-2.0
// Oracle: each ACS remedy is applied by hand to the same platform, and the access walked again; ranges and addresses
// come from the platform's text; ACS-050.
#include "analysis/remedy.h"

#include "analysis/judge.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

/// One access, judged, with what is advised.
struct Advice {
  AccessRecord record;
  std::optional<CollisionKind> kind;
  std::vector<Remedy> remedies;

  /// The text of the remedy; empty when it is not offered.
  std::string text(const std::string& action) const {
    for (const Remedy& remedy : remedies)
      if (remedy.action == action) return remedy.text;
    return {};
  }
  std::vector<std::string> actions() const {
    std::vector<std::string> names;
    for (const Remedy& remedy : remedies)
      names.push_back(remedy.action);
    return names;
  }
};

Advice advise(Booted& platform, const std::string& device, const Access& access) {
  Advice advice;
  AccessRecord& record = advice.record;
  record.device = platform.node(device);
  record.access = access;
  record.intent = IntentResolver{platform.machine, platform.system}.of_dma(record.device, access.address);
  record.landing = platform.walk(device, access).landing;
  advice.kind = Judge{platform.machine, platform.system}.verdict(record.device, access, record.intent, record.landing);
  REQUIRE(advice.kind.has_value());
  advice.remedies = find_remedies(platform.machine, platform.system, record, *advice.kind);
  return advice;
}

using Actions = std::vector<std::string>;
const Access into_gpu = dma_write(0x9010'0040);

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

TEST_CASE("A remapped buffer lies above every window, BAR and mapping, on a whole GiB", "[analysis]") {
  const std::string far_gpu =
      "devices.gpu0.bars=[{bar: 2, base: 0x38_0000_0000, size: 8GiB, type: 64-bit, "
      "prefetchable: true}]";
  const std::string windows =
      "host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x38_0000_0000, "
      "size: 64GiB}]";
  const std::string mappings = "software.domains.user.mappings=[{iova: 0x38_0000_0000, buffer: ring}";
  Booted platform{{far_gpu, windows, mappings + "]"}};
  const Access access = dma_write(0x38'0000'0000);
  // The BAR ends at 3A_0000_0000h.
  CHECK(advise(platform, "nic0", access).text("remap").find("from 0x3a00000000 upwards") != std::string::npos);
  Booted mapped_above{{far_gpu, windows, mappings + ", {iova: 0x3a_0000_0000, buffer: pool, size: 4KiB}]"}};
  CHECK(advise(mapped_above, "nic0", access).text("remap").find("from 0x3a40000000 upwards") != std::string::npos);
  // A window without a BAR takes addresses, too: this one ends at 3C_0000_0000h.
  Booted window_above{
      {far_gpu, windows, mappings + "]", "devices.rp1.prefetchable_window={base: 0x3b_0000_0000, size: 4GiB}"}};
  CHECK(advise(window_above, "nic0", access).text("remap").find("from 0x3c00000000 upwards") != std::string::npos);
}

TEST_CASE("No IOVA is advised that the domain's tables do not reach", "[analysis]") {
  // Three levels reach 39 bits; the window ends there.
  Booted platform{{"devices.gpu0.bars=[{bar: 2, base: 0x7e_0000_0000, size: 8GiB, type: 64-bit, prefetchable: true}]",
                   "host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x7e_0000_0000, size: 8GiB}]",
                   "software.domains.user.levels=3",
                   "software.domains.user.mappings=[{iova: 0x7e_0000_0000, buffer: ring}]"}};
  CHECK(advise(platform, "nic0", dma_write(0x7E'0000'0000)).text("remap").empty());
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

TEST_CASE("A buffer in the interrupt window is to keep out of it", "[analysis]") {
  Booted platform{{"software.domains.user.mappings=[{iova: 0xfee0_0000, buffer: ring, size: 1MiB}]"}};
  for (const Access& access : {dma_write(0xFEE0'0000), dma_write(0xFEE0'1000, 4), dma_read(0xFEE0'0000)}) {
    const Advice advice = advise(platform, "nic0", access);
    CHECK(advice.kind == CollisionKind::interrupt_swallow);
    CHECK(advice.actions() == Actions{"reserve-iova"});
    CHECK(advice.text("reserve-iova").find("the IOVAs of domain user out of 0xfee00000-0xfeefffff: ") !=
          std::string::npos);
  }
}

TEST_CASE("An address of the interrupt window is not to be mapped, but to be kept out of", "[analysis]") {
  Booted platform;
  const Advice write = advise(platform, "nic0", dma_write(0xFEE0'0000));
  CHECK(write.kind == CollisionKind::translation_fault);
  CHECK(write.actions() == Actions{"reserve-iova"});
  const Advice read = advise(platform, "nic0", dma_read(0xFEE0'0000));
  CHECK(read.kind == CollisionKind::window_hole);
  CHECK(read.actions() == Actions{"reserve-iova"});
}

TEST_CASE("A device that raises interrupts that no driver programmed calls for interrupt remapping", "[analysis]") {
  Booted platform;
  const Advice advice = advise(platform, "nic0", dma_write(0xFEE0'0000, 4));
  CHECK(advice.kind == CollisionKind::interrupt_forged);
  CHECK(advice.actions() == Actions{"interrupt-remapping"});
}

TEST_CASE("A stale translation calls for an invalidation of its page", "[analysis]") {
  Booted platform;
  const auto page = *Range<Iova>::from_size(Iova{0x10'1000}, page_4k);
  const Access access = dma_write(0x10'1040);
  // The unit caches the page; then software forgets to tell it.
  iommu::TranslationRequest request;
  request.requester = platform.machine.topology()[platform.node("nic0")].requester;
  request.operation = Operation::write;
  request.address = Iova{0x10'1040};
  request.size = 64;
  REQUIRE(platform.machine.iommu(0).translate(request, platform.fetches).outcome == iommu::Outcome::translated);
  platform.system.unmap(platform.node("nic0"), page, false, Duration{});

  const Advice advice = advise(platform, "nic0", access);
  CHECK(advice.kind == CollisionKind::stale_translation);
  CHECK(advice.actions() == Actions{"invalidate"});
  CHECK(advice.text("invalidate").find("After the mapping of IOVA 0x101000 in domain user changes") == 0);
  platform.system.invalidate(platform.node("nic0"), page);
  CHECK(platform.walk("nic0", access).landing.kind == LandingKind::iommu_fault);
}

TEST_CASE("A fault calls for a mapping, for the missing right, or for a device that stops in time", "[analysis]") {
  Booted platform;
  CHECK(advise(platform, "nic0", dma_write(0x30'0040)).text("map") ==
        "Map IOVA 0x300000 in domain user before nic0 uses it");
  CHECK(advise(platform, "nic0", dma_write(0x90'0040)).text("map") ==
        "Map IOVA 0x900000 in domain user with write permission");
  platform.system.unmap(platform.node("nic0"), *Range<Iova>::from_size(Iova{0x10'0000}, page_4k), true,
                        Duration::nanoseconds(1500));
  CHECK(advise(platform, "nic0", dma_write(0x10'0040)).text("quiesce") ==
        "nic0 still uses IOVA 0x100000, which was unmapped at 1.5 us: stop it before unmapping");
}

TEST_CASE("A clear Bus Master Enable is named with its owner", "[analysis]") {
  Booted device{{"devices.nic0.bus_master=false"}};
  CHECK(advise(device, "nic0", dma_write(0x10'0000)).text("enable-bus-master") ==
        "Set Bus Master Enable in the Command register of nic0");
  Booted port{{"devices.rp0.bus_master=false"}};
  const Advice advice = advise(port, "nic0", dma_write(0x10'0000));
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.actions() == Actions{"enable-bus-master"});
  CHECK(advice.text("enable-bus-master").find("of rp0") != std::string::npos);
}

TEST_CASE("An address outside the inbound windows is to move into one of them", "[analysis]") {
  Booted platform{
      {"host_bridges.pcie0.inbound=[{base: 0x4000_0000, size: 256MiB, physical: 0x0}, "
       "{base: 0x6000_0000, size: 16MiB}]"}};
  const Advice advice = advise(platform, "nic0", dma_write(0x10'0000));
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.actions() == Actions{"reserve-iova"});
  CHECK(advice.text("reserve-iova") ==
        "Keep the IOVAs of domain user inside the inbound windows of pcie0: "
        "0x40000000-0x4fffffff, 0x60000000-0x60ffffff");
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

TEST_CASE("Where nothing is known to help, the command that shows each step is named", "[analysis]") {
  Booted platform{{"software.domains.user.mappings=[{iova: 0x80_0000, physical: 0x8000_0000, size: 4KiB}]"}};
  const Advice advice = advise(platform, "nic0", dma_read(0x80'0000));
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.text("explain") ==
        "iommusim explain small.yaml --device nic0 --address 0x800000 --op read shows each step");
}
