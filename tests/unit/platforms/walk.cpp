// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 6.12, and VT-d specification, 3.14, followed by hand through the small platform;
// each case writes down every component on the way with the rule that it applied.
#include "platforms/walk.h"

#include "support/small_platforms.h"
#include "support/vtd_unit.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using namespace iommusim::test;

namespace {

std::string path_of(const Booted& platform, const Walk& way) {
  return path_text(way.path, platform.machine);
}

std::string decider(const Booted& platform, const Walk& way) {
  return platform.machine.name(way.landing.decided_by) + ":" + std::string{way.landing.rule->id};
}

/// The way of every request of nic0 that leaves the switch, up to the root complex.
const std::string up = "nic0:function.bus-master-enabled dp0:switch.upstream rp0:root-port.upstream ";

}  // namespace

TEST_CASE("A mapped address goes up through switch, root port and IOMMU to memory", "[walk]") {
  Booted platform;
  const Walk way = platform.walk("nic0", dma_read(0x10'0040));
  CHECK(path_of(platform, way) == up + "pcie0:host-bridge.translate dmar0:vtd.second-stage system:system.memory");
  CHECK(way.landing.kind == LandingKind::memory);
  CHECK(way.landing.where == platform.machine.memory().banks()[0].id);
  CHECK(way.landing.address == 0x1000'0040);
  CHECK(way.landing.status == CompletionStatus::successful);
  CHECK(decider(platform, way) == "dmar0:vtd.second-stage");
  CHECK(way.iova == Iova{0x10'0040});
  REQUIRE(way.translation.has_value());
  CHECK(way.translation->address == PhysAddr{0x1000'0040});
  // Root, context and the entries of four levels.
  CHECK(platform.fetches.size() == 6);
}

TEST_CASE("A posted write ends without a status, and a walk has no effect", "[walk]") {
  Booted platform;
  const Walk way = platform.walk("nic0", dma_write(0x10'0040));
  CHECK(way.landing.status == CompletionStatus::none);
  platform.walk("nic0", dma_write(0x30'0000));
  CHECK(tests::vtd_unit(platform.machine).statistics().requests == 0);
  CHECK_FALSE(platform.walk("nic0", dma_write(0x10'0040)).landing.from_cache);
}

TEST_CASE("A peer's address goes straight to the peer below a switch without ACS", "[walk]") {
  Booted platform;
  const Walk way = platform.walk("nic0", dma_write(0x9010'1008));
  CHECK(path_of(platform, way) == "nic0:function.bus-master-enabled dp0:switch.direct-peer gpu0:bar.claim");
  CHECK(way.landing.kind == LandingKind::peer);
  CHECK(way.landing.where == platform.id("gpu0"));
  CHECK(way.landing.bar == 2);
  CHECK(way.landing.bar_offset == 0x1008);
  CHECK(way.landing.address == 0x9010'1008);
  CHECK(decider(platform, way) == "dp0:switch.direct-peer");
  CHECK_FALSE(way.translation.has_value());
  CHECK(platform.fetches.size() == 0);
}

TEST_CASE("ACS redirects a peer's address to the IOMMU", "[walk]") {
  Booted platform{linux_acs};
  const Walk way = platform.walk("nic0", dma_write(0x9010'1008));
  CHECK(path_of(platform, way) ==
        "nic0:function.bus-master-enabled dp0:acs.p2p-request-redirect rp0:acs.upstream-forwarding "
        "pcie0:host-bridge.translate dmar0:vtd.second-stage system:system.memory");
  CHECK(way.landing.address == 0x1100'1008);
}

TEST_CASE("Redirected without Upstream Forwarding above, a request ends at the root port", "[walk]") {
  Booted platform{{"devices.dp0.acs=linux"}};
  const Walk way = platform.walk("nic0", dma_read(0x9010'1008));
  CHECK(way.landing.kind == LandingKind::rejected);
  CHECK(way.landing.where == platform.id("rp0"));
  CHECK(decider(platform, way) == "rp0:port.u-turn");
  CHECK(way.landing.status == CompletionStatus::unsupported_request);
}

TEST_CASE("A mapping onto a peer's BAR crosses the root complex and comes down to the peer", "[walk]") {
  Booted platform;
  const Walk way = platform.walk("nic0", dma_write(0x80'1008));
  CHECK(path_of(platform, way) ==
        up + "pcie0:host-bridge.translate dmar0:vtd.second-stage system:system.outbound-window "
             "pcie0:host-bridge.outbound rp0:port.window sw0:port.window gpu0:bar.claim");
  CHECK(way.landing.kind == LandingKind::peer);
  CHECK(way.landing.where == platform.id("gpu0"));
  CHECK(way.landing.bar_offset == 0x1008);
  CHECK(way.landing.address == 0x9010'1008);
  CHECK(decider(platform, way) == "dmar0:vtd.second-stage");
}

TEST_CASE("The root complex translates first, goes to the peer, or refuses, as it was built", "[walk]") {
  const Access to_ssd = dma_read(0x9020'0000);
  Booted translating;
  CHECK(translating.walk("nic0", to_ssd).landing.kind == LandingKind::iommu_fault);

  Booted allowing{{"host_bridges.pcie0.peer_to_peer=allowed"}};
  const Walk peer = allowing.walk("nic0", to_ssd);
  CHECK(path_of(allowing, peer) == up + "pcie0:host-bridge.peer rp1:port.window ssd0:bar.claim");
  CHECK(peer.landing.where == allowing.id("ssd0"));
  CHECK(decider(allowing, peer) == "pcie0:host-bridge.peer");

  Booted denying{{"host_bridges.pcie0.peer_to_peer=denied"}};
  const Walk refused = denying.walk("nic0", to_ssd);
  CHECK(refused.landing.kind == LandingKind::rejected);
  CHECK(refused.landing.status == CompletionStatus::unsupported_request);
  CHECK(decider(denying, refused) == "pcie0:host-bridge.peer-denied");
}

TEST_CASE("An integrated endpoint is a peer and a requester without a port", "[walk]") {
  Booted platform{{"host_bridges.pcie0.peer_to_peer=allowed",
                   "software.domains=[{name: d, type: dma, devices: [rcie0], mappings: [{iova: 0x10_0000, buffer: "
                   "ring}]}]"}};
  const Walk to = platform.walk("nic0", dma_write(0x9030'0010));
  CHECK(path_of(platform, to) == up + "pcie0:host-bridge.peer rcie0:bar.claim");
  CHECK(to.landing.where == platform.id("rcie0"));
  const Walk from = platform.walk("rcie0", dma_write(0x10'0000));
  CHECK(path_of(platform, from) ==
        "rcie0:function.bus-master-enabled pcie0:host-bridge.translate dmar0:vtd.second-stage system:system.memory");
  const Walk to_ssd = platform.walk("rcie0", dma_write(0x9020'0000));
  CHECK(path_of(platform, to_ssd) ==
        "rcie0:function.bus-master-enabled pcie0:host-bridge.peer rp1:port.window ssd0:bar.claim");
}

TEST_CASE("A doubleword in the interrupt window rings the processor's doorbell through the IOMMU", "[walk]") {
  Booted platform;
  const Walk way = platform.walk("nic0", dma_write(0xFEE0'2000, 4), 0x41);
  CHECK(path_of(platform, way) == up + "pcie0:host-bridge.interrupt-window dmar0:vtd.interrupt-request "
                                       "local-apic:interrupt.window-write");
  CHECK(way.landing.kind == LandingKind::interrupt);
  CHECK(way.landing.where == platform.machine.local_apic_id());
  CHECK(way.landing.vector == 0x41);
  CHECK(way.landing.destination == 2);
  CHECK(way.landing.status == CompletionStatus::none);
  CHECK(platform.fetches.size() == 0);
}

TEST_CASE("Other accesses to the interrupt window are refused, by the IOMMU where there is one", "[walk]") {
  Booted with_iommu;
  const Walk wide = with_iommu.walk("nic0", dma_write(0xFEE0'2000, 64));
  CHECK(wide.landing.kind == LandingKind::iommu_fault);
  CHECK(wide.landing.where == with_iommu.machine.iommu_id(0));
  const Walk read = with_iommu.walk("nic0", dma_read(0xFEE0'2000, 4));
  CHECK(read.landing.kind == LandingKind::iommu_fault);
  CHECK(read.landing.fault_reason == 0x29);
  CHECK(read.landing.where == with_iommu.machine.iommu_id(0));
  CHECK(read.landing.status == CompletionStatus::unsupported_request);

  Booted without{without_iommu};
  const Walk dropped = without.walk("nic0", dma_write(0xFEE0'2000, 64));
  CHECK(path_of(without, dropped) ==
        up + "pcie0:host-bridge.interrupt-window system:system.doorbell local-apic:interrupt.invalid-request");
  CHECK(dropped.landing.kind == LandingKind::rejected);
  CHECK(dropped.landing.where == without.machine.local_apic_id());
  CHECK(dropped.landing.status == CompletionStatus::none);
  CHECK(without.walk("nic0", dma_read(0xFEE0'2000, 4)).landing.status == CompletionStatus::unsupported_request);
  const Walk rung = without.walk("nic0", dma_write(0xFEE0'3000, 4), 0x55);
  CHECK(rung.landing.kind == LandingKind::interrupt);
  CHECK(rung.landing.vector == 0x55);
  CHECK(rung.landing.destination == 3);
}

TEST_CASE("Without an IOMMU a bus address is a physical address", "[walk]") {
  Booted platform{without_iommu};
  const Walk memory = platform.walk("nic0", dma_read(0x1000'0000));
  CHECK(path_of(platform, memory) == up + "pcie0:host-bridge.to-system system:system.memory");
  CHECK(decider(platform, memory) == "system:system.memory");
  CHECK_FALSE(memory.translation.has_value());
  const Walk hole = platform.walk("nic0", dma_read(0x8000'0000));
  CHECK(hole.landing.kind == LandingKind::rejected);
  CHECK(decider(platform, hole) == "system:system.unclaimed");
  CHECK(hole.landing.status == CompletionStatus::unsupported_request);
  CHECK(decider(platform, platform.walk("nic0", dma_write(0xB000'0000))) == "system:system.not-a-dma-target");
}

TEST_CASE("An unmapped address ends in the IOMMU with its reason", "[walk]") {
  Booted platform;
  const Walk write = platform.walk("nic0", dma_write(0x30'0000));
  CHECK(write.landing.kind == LandingKind::iommu_fault);
  CHECK(write.landing.where == platform.machine.iommu_id(0));
  CHECK(write.landing.fault_reason == 5);
  CHECK(write.landing.status == CompletionStatus::none);
  const Walk read = platform.walk("nic0", dma_read(0x30'0000));
  CHECK(read.landing.fault_reason == 6);
  CHECK(read.landing.status == CompletionStatus::unsupported_request);
  // gpu0 is in no domain: its bus has no context table, because it never had a device in one (reason 1).
  CHECK(platform.walk("gpu0", dma_read(0x10'0000)).landing.fault_reason == 1);
}

TEST_CASE("A walk tells that a cache answered, and asks for no table word then", "[walk]") {
  Booted platform;
  iommu::TranslationRequest request;
  request.requester = RequesterId{3, 0, 0};
  request.address = Iova{0x10'0000};
  request.size = 64;
  platform.machine.iommu(0).translate(request, platform.fetches);
  const Walk way = platform.walk("nic0", dma_read(0x10'0FC0));
  CHECK(way.landing.from_cache);
  CHECK(platform.fetches.size() == 0);
  CHECK_FALSE(platform.walk("nic0", dma_read(0x10'1000)).landing.from_cache);
}

TEST_CASE("The inbound window shifts the address, and outside of all windows nothing gets in", "[walk]") {
  Booted platform{{"host_bridges.pcie0.inbound=[{base: 0x4000_0000, size: 256MiB, physical: 0x0}]"}};
  const Walk in = platform.walk("nic0", dma_read(0x4010'0008));
  CHECK(in.iova == Iova{0x10'0008});
  CHECK(in.landing.address == 0x1000'0008);
  const Walk out = platform.walk("nic0", dma_read(0x0010'0008));
  CHECK(out.landing.kind == LandingKind::rejected);
  CHECK(out.landing.where == platform.machine.bridges()[0].id);
  CHECK(decider(platform, out) == "pcie0:host-bridge.inbound-hole");
}

TEST_CASE("A function without Bus Master Enable sends nothing", "[walk]") {
  Booted platform{{"devices.nic0.bus_master=false"}};
  for (const Access& access : {dma_read(0x10'0000), dma_write(0x9010'0000), dma_write(0xFEE0'2000, 4)}) {
    const Walk way = platform.walk("nic0", access);
    CHECK(path_of(platform, way) == "nic0:function.bus-master-disabled");
    CHECK(way.landing.kind == LandingKind::rejected);
    CHECK(way.landing.where == platform.id("nic0"));
    CHECK(way.landing.status == CompletionStatus::none);
  }
}

TEST_CASE("A port without Bus Master Enable forwards nothing from below, neither up nor to a peer", "[walk]") {
  Booted platform{{"devices.dp0.bus_master=false"}};
  for (const Access& access : {dma_read(0x10'0000), dma_read(0x9010'0000)}) {
    const Walk way = platform.walk("nic0", access);
    CHECK(decider(platform, way) == "dp0:port.bus-master-disabled");
    CHECK(way.landing.status == CompletionStatus::unsupported_request);
  }
  Booted root{{"devices.rp0.bus_master=false"}};
  CHECK(decider(root, root.walk("nic0", dma_read(0x10'0000))) == "rp0:port.bus-master-disabled");
  CHECK(root.walk("nic0", dma_read(0x9010'0000)).landing.kind == LandingKind::peer);
  // The switch's upstream port is the owner, though the request was only seen at the downstream port.
  Booted inside{{"devices.sw0.bus_master=false"}};
  CHECK(decider(inside, inside.walk("nic0", dma_read(0x10'0000))) == "sw0:port.bus-master-disabled");
  CHECK(inside.walk("nic0", dma_read(0x9010'0000)).landing.kind == LandingKind::peer);
}

TEST_CASE("Below an empty port nobody answers", "[walk]") {
  Booted platform{
      {"devices.dp1={name: dp1, type: downstream-port, at: 01.0, window: {base: 0x9010_0000, size: 1MiB}}"}};
  const Walk way = platform.walk("nic0", dma_read(0x9010'0000));
  CHECK(path_of(platform, way) == "nic0:function.bus-master-enabled dp0:switch.direct-peer dp1:port.link-down");
  CHECK(way.landing.kind == LandingKind::rejected);
  CHECK(way.landing.where == platform.id("dp1"));
  CHECK(way.landing.status == CompletionStatus::unsupported_request);
}

TEST_CASE("A peer that does not decode memory refuses", "[walk]") {
  Booted platform{{"devices.gpu0.memory_space=false", "software.domains.user.mappings=[]"}};
  const Walk read = platform.walk("nic0", dma_read(0x9010'0000));
  CHECK(decider(platform, read) == "gpu0:function.memory-space-disabled");
  CHECK(read.landing.status == CompletionStatus::unsupported_request);
  CHECK(platform.walk("nic0", dma_write(0x9010'0000)).landing.status == CompletionStatus::none);
}

TEST_CASE("A zero-length read takes the way of any other read", "[walk]") {
  Booted platform;
  CHECK(platform.walk("nic0", dma_read(0x10'0040, 0)).landing.address == 0x1000'0040);
  CHECK(platform.walk("nic0", dma_read(0x9010'0000, 0)).landing.kind == LandingKind::peer);
  CHECK(platform.walk("nic0", dma_read(0x30'0000, 0)).landing.fault_reason == 6);
  Booted without{without_iommu};
  CHECK(without.walk("nic0", dma_read(0x7FFF'FFFF, 0)).landing.kind == LandingKind::memory);
}

TEST_CASE("A processor's access to an outbound window goes down to the device that claims it", "[walk]") {
  const Booted platform{{"host_bridges.pcie0.windows=[{base: 0x40_9000_0000, size: 256MiB, bus: 0x9000_0000}]",
                         "software.domains.user.mappings=[]"}};
  const Walk way = walk_outbound(platform.machine, dma_write(0, 4), PhysAddr{0x40'9010'0004});
  CHECK(path_of(platform, way) == "pcie0:host-bridge.outbound rp0:port.window sw0:port.window gpu0:bar.claim");
  CHECK(way.landing.bar_offset == 4);
  CHECK(way.landing.address == 0x9010'0004);
  const Walk lost = walk_outbound(platform.machine, dma_read(0, 4), PhysAddr{0x40'9F00'0000});
  CHECK(lost.landing.kind == LandingKind::rejected);
  CHECK(decider(platform, lost) == "pcie0:host-bridge.outbound-unclaimed");
}

TEST_CASE("A device sends no address that needs more bits than its DMA engine has", "[walk]") {
  Booted platform{{"devices.nic0.dma_bits=32"}};
  const Walk last = platform.walk("nic0", dma_write(0xFFFF'FFC0));
  CHECK(last.landing.kind == LandingKind::iommu_fault);
  for (const Access& access : {dma_write(0x1'0000'0000), dma_read(0x1'0000'0000), dma_read(0x1'0000'0000, 0)}) {
    const Walk way = platform.walk("nic0", access);
    CHECK(path_of(platform, way) == "nic0:function.address-bits");
    CHECK(way.landing.kind == LandingKind::rejected);
    // What was never sent has no completion.
    CHECK(way.landing.status == CompletionStatus::none);
  }
  // The others of the switch have 64 bits.
  CHECK(platform.walk("gpu0", dma_write(0x1'0000'0000)).landing.rule->id != "function.address-bits");
}

TEST_CASE("A function that may not send at all is not asked for its address bits", "[walk]") {
  Booted platform{{"devices.nic0.dma_bits=32", "devices.nic0.bus_master=false"}};
  CHECK(path_of(platform, platform.walk("nic0", dma_write(0x1'0000'0000))) == "nic0:function.bus-master-disabled");
}

TEST_CASE("An interrupt message has the address of its own register, however narrow the DMA engine", "[walk]") {
  Booted platform{{"devices.nic0.dma_bits=24"}};
  Access message = dma_write(0xFEE0'2000, 4);
  message.message = true;
  CHECK(platform.walk("nic0", message, 0x41).landing.kind == LandingKind::interrupt);
  message.message = false;
  CHECK(platform.walk("nic0", message, 0x41).landing.rule->id == "function.address-bits");
}

TEST_CASE("A request sent under a DMA alias is walked under that ID", "[walk]") {
  Booted platform;
  Access access = dma_write(0x10'0000);
  access.requester = RequesterId{3, 1, 0};
  const Walk alias = platforms::walk_as_sent(platform.machine, platform.node("nic0"), access, platform.fetches);
  // VT-d 7.1.3, LCT.2: the context entry of 03:01.0 is not present.
  CHECK(alias.landing.kind == LandingKind::iommu_fault);
  CHECK(alias.landing.fault_reason == 2);
  CHECK(platform.walk("nic0", access).landing.kind == LandingKind::memory);
}

TEST_CASE("A poisoned write goes the way of any other, to a completer that discards it", "[walk][poisoned]") {
  Booted platform;
  Access write = dma_write(0x10'0040);
  write.poisoned = true;
  const Walk to_memory = platform.walk("nic0", write);
  CHECK(path_of(platform, to_memory) == up + "pcie0:host-bridge.translate dmar0:vtd.second-stage system:system.memory "
                                             "dram:root-complex.poisoned");
  CHECK(to_memory.landing.kind == LandingKind::rejected);
  CHECK(to_memory.landing.where == platform.machine.memory().banks()[0].id);
  CHECK(to_memory.landing.status == CompletionStatus::none);
  CHECK(decider(platform, to_memory) == "dram:root-complex.poisoned");

  write.address = BusAddr{0x9010'0040};
  const Walk to_peer = platform.walk("nic0", write);
  CHECK(path_of(platform, to_peer) ==
        "nic0:function.bus-master-enabled dp0:switch.direct-peer gpu0:completer.poisoned");
  CHECK(to_peer.landing.kind == LandingKind::rejected);
  CHECK(to_peer.landing.where == platform.id("gpu0"));

  write.address = BusAddr{0xFEE0'2000};
  write.size = 4;
  const Walk message = platform.walk("nic0", write, 0x41);
  CHECK(message.landing.kind == LandingKind::rejected);
  CHECK(message.landing.where == platform.machine.local_apic_id());
}

TEST_CASE("A poisoned write ends at the port that blocks it", "[walk][poisoned]") {
  Booted platform{{"devices.dp1.dpc={poisoned_egress_blocking: true}"}};
  Access write = dma_write(0x9010'0040);
  CHECK(platform.walk("nic0", write).landing.kind == LandingKind::peer);
  write.poisoned = true;
  const Walk blocked = platform.walk("nic0", write);
  CHECK(path_of(platform, blocked) == "nic0:function.bus-master-enabled dp1:port.poisoned-egress-blocked");
  CHECK(blocked.landing.where == platform.id("dp1"));
}
