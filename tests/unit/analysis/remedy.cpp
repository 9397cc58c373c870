// SPDX-License-Identifier: Apache-2.0
// Remedies for what software left undone.
// Oracle: the rule that decided tells who has to do what.
#include "unit/analysis/advice.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

const Access into_gpu = dma_write(0x9010'0040);

}  // namespace

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
  platform.system.unmap(platform.node("nic0"), page, software::Invalidate::no, Duration{});

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
  platform.system.unmap(platform.node("nic0"), *Range<Iova>::from_size(Iova{0x10'0000}, page_4k),
                        software::Invalidate::yes, Duration::nanoseconds(1500));
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
