// SPDX-License-Identifier: Apache-2.0
// Oracle: each remedy for hardware or addresses is applied by hand to the same platform, and the access walked again;
// ranges and addresses come from the platform's text; ACS-050.
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
  if (access.requester == RequesterId{}) record.access.requester = platform.machine.topology()[record.device].requester;
  record.intent = IntentResolver{platform.machine, platform.system}.of_dma(record.device, access.address);
  const platforms::Walk way = platforms::walk_as_sent(platform.machine, record.device, record.access, platform.fetches);
  record.landing = way.landing;
  record.path = way.path;
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

TEST_CASE("No IOVA is advised that the domain's tables do not reach, but room below the windows", "[analysis]") {
  // Three levels reach 39 bits; the window ends there. The largest gap is the one below the window.
  const std::vector<std::string> settings{
      "devices.gpu0.bars=[{bar: 2, base: 0x7e_0000_0000, size: 8GiB, type: 64-bit, prefetchable: true}]",
      "host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x7e_0000_0000, size: 8GiB}]",
      "software.domains.user.levels=3"};
  const auto mapped_at = [&settings](const std::string& iova) {
    std::vector<std::string> all = settings;
    all.push_back("software.domains.user.mappings=[{iova: " + iova + ", buffer: ring}]");
    return all;
  };
  Booted platform{mapped_at("0x7e_0000_0000")};
  CHECK(advise(platform, "nic0", dma_write(0x7E'0000'0000)).text("remap") ==
        "Map ring at an IOVA from 0x100000000 to 0x7dffffffff, where no window of the fabric and no mapping is");
  Booted applied{mapped_at("0x1_0000_0000")};
  CHECK(applied.walk("nic0", dma_write(0x1'0000'0000)).landing.kind == LandingKind::memory);
}

TEST_CASE("No IOVA is advised outside the inbound windows of the host bridge", "[analysis]") {
  const std::string inbound = "host_bridges.pcie0.inbound=[{base: 0, size: 3GiB}]";
  Booted platform{{inbound}};
  // The fabric's windows begin at 90000000h, the mappings end below 40000000h.
  CHECK(advise(platform, "nic0", into_gpu).text("remap") ==
        "Map pool at an IOVA from 0x40000000 to 0x8fffffff, where no window of the fabric and no mapping is");
  Booted applied{{inbound, "software.domains.user.mappings=[{iova: 0x4000_0000, buffer: pool}]"}};
  CHECK(applied.walk("nic0", dma_write(0x4000'0040)).landing.kind == LandingKind::memory);
  // Of what is let in the fabric takes all but 1 MiB: there is no room for 2.
  Booted full{{"host_bridges.pcie0.inbound=[{base: 0x9000_0000, size: 4MiB}]"}};
  CHECK(advise(full, "nic0", into_gpu).text("remap").empty());
}

TEST_CASE("An inbound window with an offset is told as what to map and what the device sends", "[analysis]") {
  const std::string inbound = "host_bridges.pcie0.inbound=[{base: 0x9000_0000, size: 512MiB, physical: 0x1000_0000}]";
  Booted platform{{inbound, "software.domains.user.mappings=[{iova: 0x1010_0000, buffer: pool, size: 1MiB}]"}};
  const Advice advice = advise(platform, "nic0", into_gpu);
  CHECK(advice.kind == CollisionKind::peer_hijack);
  // BARs and bridge windows end at 90301000h; 90310000h and what follows is free on the bus.
  const std::string text = advice.text("remap");
  CHECK(text.find("; nic0 sends 0x") != std::string::npos);
  Booted applied{{inbound, "software.domains.user.mappings=[{iova: 0x2000_0000, buffer: pool, size: 1MiB}]"}};
  CHECK(applied.walk("nic0", dma_write(0xA000'0000)).landing.kind == LandingKind::memory);
}

TEST_CASE("No IOVA is advised that a device of the domain cannot send", "[analysis]") {
  for (const std::string narrow : {"nic0", "gpu0"}) {
    Booted platform{{"devices." + narrow + ".dma_bits=32", "software.domains.user.devices=[nic0, gpu0]"}};
    CHECK(advise(platform, "nic0", into_gpu).text("remap") ==
          "Map pool at an IOVA from 0x40000000 to 0x8fffffff, where no window of the fabric and no mapping is");
  }
}

TEST_CASE("A mapping beyond the device's address bits is out of its reach", "[analysis]") {
  const std::string mapping = "software.domains.user.mappings=[{iova: 0x1_0000_0000, buffer: ring}]";
  Booted platform{{"devices.nic0.dma_bits=32", mapping}};
  const Advice advice = advise(platform, "nic0", dma_write(0x1'0000'0000));
  CHECK(advice.kind == CollisionKind::window_hole);
  CHECK(advice.text("reserve-iova") ==
        "Keep the IOVAs of domain user below 0x100000000: nic0 has 32 address bits, and its driver must say so in its "
        "DMA mask");
  CHECK(advice.text("remap").find("Map ring at an IOVA from 0x40000000 ") == 0);
  Booted wide{{mapping}};
  CHECK(wide.walk("nic0", dma_write(0x1'0000'0000)).landing.kind == LandingKind::memory);
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
  CHECK(advice.actions() == Actions{"reserve-iova", "remap"});
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
  // A breach that no tables explain: the access is judged as if it had landed in another domain's memory.
  Booted platform{{"devices.nic0.max_payload=128", "text=Bob's NIC"}};
  AccessRecord record;
  record.device = platform.node("nic0");
  record.access = dma_read(0x80'0000);
  record.access.requester = RequesterId{3, 0, 0};
  record.landing.kind = LandingKind::memory;
  const auto remedies = find_remedies(platform.machine, platform.system, record, CollisionKind::wrong_memory);
  REQUIRE(remedies.size() == 1);
  CHECK(remedies[0].action == "explain");
  CHECK(remedies[0].text ==
        "iommusim explain small.yaml --set devices.nic0.max_payload=128 --set 'text=Bob'\\''s NIC' --device nic0 "
        "--address 0x800000 --op read --size 64 shows each step, before the first operation of a trace");
}

TEST_CASE("A fault of an unknown requester ID calls for its attachment", "[analysis]") {
  Booted platform;
  Access alias = dma_write(0x10'0000);
  alias.requester = RequesterId{3, 1, 0};
  const Advice advice = advise(platform, "nic0", alias);
  CHECK(advice.record.landing.fault_reason == 2);
  CHECK(advice.actions() == Actions{"attach-alias"});
  CHECK(advice.text("attach-alias").find("Attach 03:01.0, the requester ID of this request, to domain user, too: ") ==
        0);
  Booted applied{{"devices.nic0.dma_alias=[01.0]"}};
  alias.requester = RequesterId{3, 1, 0};
  CHECK(platforms::walk_as_sent(applied.machine, applied.node("nic0"), alias, applied.fetches).landing.kind ==
        LandingKind::memory);
}

TEST_CASE("A translated request that the context entry blocks is to be sent untranslated", "[analysis]") {
  Booted platform;
  Access access = dma_write(0x10'0000);
  access.address_type = AddressType::translated;
  const Advice advice = advise(platform, "nic0", access);
  CHECK(advice.record.landing.fault_reason == 0xD);
  CHECK(advice.actions() == Actions{"send-untranslated"});
}

TEST_CASE("A request with a PASID that legacy mode refuses is to be sent without", "[analysis]") {
  Booted platform;
  Access access = dma_write(0x10'0000);
  access.pasid = Pasid{5};
  const Advice advice = advise(platform, "nic0", access);
  CHECK(advice.record.landing.kind != LandingKind::memory);
  CHECK(advice.actions() == Actions{"send-without-pasid"});
}

TEST_CASE("A mapping to registers or to the interrupt window is to lead to memory", "[analysis]") {
  Booted platform{
      {"software.domains.user.mappings=[{iova: 0x80_0000, physical: 0xfed9_0000, size: 4KiB}, "
       "{iova: 0x90_0000, physical: 0xfee0_0000, size: 4KiB}]"}};
  const Advice registers = advise(platform, "nic0", dma_read(0x80'0008));
  CHECK(registers.kind == CollisionKind::window_hole);
  CHECK(registers.actions() == Actions{"map"});
  CHECK(registers.text("map") ==
        "Map IOVA 0x800000 in domain user to memory: it leads to the registers of dmar0 at 0xfed90000");
  const Advice window = advise(platform, "nic0", dma_write(0x90'0000));
  CHECK(window.record.landing.fault_reason == 0xE);
  CHECK(window.actions() == Actions{"map"});
  CHECK(window.text("map") ==
        "Map IOVA 0x900000 in domain user to memory: it leads to the interrupt window at 0xfee00000");
}

TEST_CASE("An address beyond the tables' width is to stay within", "[analysis]") {
  Booted platform;
  const Advice advice = advise(platform, "nic0", dma_write(std::uint64_t{1} << 50));
  CHECK(advice.record.landing.fault_reason == 4);
  CHECK(advice.actions() == Actions{"reserve-iova"});
  CHECK(advice.text("reserve-iova") ==
        "Keep the IOVAs of domain user below 0x1000000000000: its tables translate 48 address bits");
}

namespace {

const std::string egress_and_redirect =
    "devices.dp0.acs={capable: [p2p-request-redirect, p2p-completion-redirect, upstream-forwarding, "
    "p2p-egress-control, direct-translated-p2p], enabled: [p2p-request-redirect, p2p-egress-control]";

}  // namespace

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

TEST_CASE("A port without Memory Space Enable is named when a peer is behind it", "[analysis]") {
  Booted platform{{"devices.rp0.acs=capable", "devices.gpu0.memory_space=false", "devices.dp0.acs=capable",
                   "software.domains=[{name: all, type: identity, devices: [nic0]}]"}};
  Advice advice;
  AccessRecord& record = advice.record;
  record.device = platform.node("nic0");
  record.access = into_gpu;
  record.access.requester = RequesterId{3, 0, 0};
  record.intent.kind = IntentKind::peer;
  record.intent.peer = platform.id("gpu0");
  record.intent.peer_address = into_gpu.address;
  const platforms::Walk way = platform.walk("nic0", into_gpu);
  record.landing = way.landing;
  record.path = way.path;
  REQUIRE(way.landing.rule->id == "function.memory-space-disabled");
  advice.remedies = find_remedies(platform.machine, platform.system, record, CollisionKind::peer_blocked);
  CHECK(advice.text("enable-memory-space") == "Set Memory Space Enable in the Command register of gpu0");
  CHECK_FALSE(platform.decoded("gpu0").memory_space_enable);
}

TEST_CASE("Every Bus Master Enable that is clear on the way is named", "[analysis]") {
  Booted platform{{"devices.nic0.bus_master=false", "devices.rp0.bus_master=false"}};
  CHECK(advise(platform, "nic0", dma_write(0x10'0000)).text("enable-bus-master") ==
        "Set Bus Master Enable in the Command register of nic0, rp0");
  CHECK_FALSE(platform.decoded("nic0").bus_master_enable);
}

TEST_CASE("Memory in an identity domain ends where the banks end", "[analysis]") {
  Booted platform{{"software.domains=[{name: all, type: identity, devices: [nic0]}]"}};
  CHECK(advise(platform, "nic0", dma_read(0x9'0000'0000)).text("reserve-iova") ==
        "Keep the addresses of nic0 inside memory: 0x0-0x7fffffff");
}

TEST_CASE("For poisoned data nothing is advised but to repair its source", "[analysis][poisoned]") {
  Booted platform{{"devices.dp1.dpc={poisoned_egress_blocking: true}"}};
  Access access = into_gpu;
  access.poisoned = true;
  const Advice blocked = advise(platform, "nic0", access);
  CHECK(blocked.kind == CollisionKind::window_hole);
  CHECK(blocked.actions() == Actions{"repair-source"});
  CHECK(blocked.text("repair-source") ==
        "The data was bad when nic0 sent it, and dp1 rightly kept it from its target: find out why nic0 poisons what "
        "it sends, and send it again");
  access.address = BusAddr{0x10'0000};
  CHECK(advise(platform, "nic0", access).actions() == Actions{"repair-source"});
}
