// SPDX-License-Identifier: Apache-2.0
// Oracle: what the platform's text says that software mapped and programmed.
#include "analysis/intent.h"

#include "analysis/json_report.h"
#include "analysis/text_report.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

Intent intent_of(const Booted& platform, const std::string& device, std::uint64_t address) {
  return IntentResolver{platform.machine, platform.system}.of_dma(platform.node(device), BusAddr{address});
}

Range<Iova> page_at(std::uint64_t iova) {
  return *Range<Iova>::from_size(Iova{iova}, page_4k);
}

}  // namespace

TEST_CASE("A mapped address means the byte of its buffer, with the mapping's rights", "[analysis]") {
  const Booted platform;
  const Intent ring = intent_of(platform, "nic0", 0x10'1234);
  CHECK(ring.kind == IntentKind::memory);
  CHECK(ring.physical == PhysAddr{0x1000'1234});
  CHECK(ring.buffer == std::size_t{0});
  CHECK(ring.permissions == platforms::Permissions{true, true});
  const Intent queue = intent_of(platform, "nic0", 0x90'0FFF);
  CHECK(queue.physical == PhysAddr{0x1200'0FFF});
  CHECK(queue.permissions == platforms::Permissions{true, false});
  // Domains of other devices mean other memory by the same address.
  CHECK(intent_of(platform, "ssd0", 0x10'0010).physical == PhysAddr{0x1200'0010});
}

TEST_CASE("An address that was never mapped means nothing", "[analysis]") {
  const Booted platform;
  const Intent intent = intent_of(platform, "nic0", 0x30'0000);
  CHECK(intent.kind == IntentKind::none);
  CHECK_FALSE(intent.was_mapped);
}

TEST_CASE("A mapping onto a peer's BAR means the peer", "[analysis]") {
  const Booted platform;
  const Intent intent = intent_of(platform, "nic0", 0x80'1008);
  CHECK(intent.kind == IntentKind::peer);
  CHECK(intent.peer == platform.id("gpu0"));
  CHECK(intent.peer_address == BusAddr{0x9010'1008});
}

TEST_CASE("The address of a peer's BAR is a bus address: the outbound window's offset is taken off", "[analysis]") {
  const Booted platform{{"host_bridges.pcie0.windows=[{base: 0x40_9000_0000, size: 256MiB, bus: 0x9000_0000}]",
                         "software.domains.user.mappings=[{iova: 0x80_0000, physical: 0x40_9010_0000, size: 4KiB}]"}};
  const Intent intent = intent_of(platform, "nic0", 0x80'0004);
  CHECK(intent.kind == IntentKind::peer);
  CHECK(intent.peer_address == BusAddr{0x9010'0004});
}

TEST_CASE("A mapping onto what is no memory and no BAR means that, and not nothing", "[analysis]") {
  const Booted platform{
      {"software.domains.user.mappings=[{iova: 0x80_0000, physical: 0x8000_0000, size: 4KiB}, "
       "{iova: 0x90_0000, physical: 0x9800_0000, size: 4KiB}, {iova: 0xa0_0000, physical: 0xfed9_0000, size: 4KiB}, "
       "{iova: 0xb0_0000, physical: 0xb000_0000, size: 4KiB}, {iova: 0xc0_0000, physical: 0xfee0_0000, size: 4KiB}]"}};
  const std::vector<std::pair<std::uint64_t, std::string>> mapped{
      {0x80'0010, "nothing at 0x80000010"},
      {0x90'0000, "a window of pcie0 where no BAR answers at 0x98000000"},
      {0xA0'0008, "the registers of dmar0 at 0xfed90008"},
      {0xB0'0000, "configuration space at 0xb0000000"},
      {0xC0'0000, "the interrupt window at 0xfee00000"}};
  for (const auto& [iova, text] : mapped) {
    const Intent intent = intent_of(platform, "nic0", iova);
    CHECK(intent.kind == IntentKind::no_memory);
    CHECK(intent.permissions == platforms::Permissions{true, true});
    CHECK(to_text(intent, platform.machine) == text);
    CHECK(to_json(intent, platform.machine)["kind"] == "no-memory");
  }
  CHECK(to_json(intent_of(platform, "nic0", 0xA0'0008), platform.machine).dump() ==
        R"({"kind":"no-memory","address":"0xfed90008","what":"the registers of dmar0"})");
}

TEST_CASE("Firmware means the physical address, whatever the domain of its device maps there", "[analysis]") {
  Booted platform{{"iommus.dmar0.rmrrs=[{base: 0x1400_0000, size: 64KiB, devices: [nic0]}]",
                   "software.domains.user.mappings=[{iova: 0x1400_0000, buffer: ring, access: read}]"}};
  const auto of_firmware = [&platform](const std::string& device, std::uint64_t address) {
    return IntentResolver{platform.machine, platform.system}.of_firmware(platform.node(device), BusAddr{address});
  };
  const auto check_itself = [&] {
    const Intent intent = of_firmware("nic0", 0x1400'0040);
    CHECK(intent.kind == IntentKind::memory);
    CHECK(intent.physical == PhysAddr{0x1400'0040});
    CHECK(intent.permissions == platforms::Permissions{true, true});
    CHECK_FALSE(intent.was_mapped);
    CHECK_FALSE(intent.buffer.has_value());
  };
  check_itself();
  CHECK(intent_of(platform, "nic0", 0x1400'0040).physical == PhysAddr{0x1000'0040});
  CHECK(to_text(of_firmware("nic0", 0x1400'0040), platform.machine) ==
        "memory 0x14000040 (reserved for firmware of nic0)");
  // An end of the mapping is none of its business.
  platform.system.unmap(platform.node("nic0"), page_at(0x1400'0000), software::Invalidate::yes,
                        Duration::nanoseconds(700));
  check_itself();
  // It needs no domain, and no table that says so.
  CHECK(of_firmware("gpu0", 0x1500'0000).physical == PhysAddr{0x1500'0000});
  CHECK(of_firmware("nic0", 0x9010'0004).kind == IntentKind::peer);
  CHECK(of_firmware("nic0", 0x9'0000'0000).kind == IntentKind::no_memory);
}

TEST_CASE("Firmware's addresses pass the inbound window of the host bridge like any other", "[analysis]") {
  const Booted platform{{"host_bridges.pcie0.inbound=[{base: 0x4000_0000, size: 256MiB, physical: 0x0}]"}};
  const IntentResolver intents{platform.machine, platform.system};
  CHECK(intents.of_firmware(platform.node("nic0"), BusAddr{0x4010'0008}).physical == PhysAddr{0x0010'0008});
}

TEST_CASE("In an identity domain an address means itself", "[analysis]") {
  const Booted platform{{"software.domains=[{name: all, type: identity, devices: [nic0]}]"}};
  CHECK(intent_of(platform, "nic0", 0x1000'0040).kind == IntentKind::memory);
  CHECK(intent_of(platform, "nic0", 0x1000'0040).physical == PhysAddr{0x1000'0040});
  CHECK(intent_of(platform, "nic0", 0x9010'0000).kind == IntentKind::peer);
  CHECK(intent_of(platform, "nic0", 0xFEE0'0000).kind == IntentKind::none);
  CHECK(intent_of(platform, "nic0", 0x9'0000'0000).kind == IntentKind::none);
}

TEST_CASE("A device in a blocked domain, or behind an IOMMU in none, is to reach nothing", "[analysis]") {
  const Booted platform{{"software.domains=[{name: off, type: blocked, devices: [nic0]}]"}};
  CHECK(intent_of(platform, "nic0", 0x1000'0000).kind == IntentKind::blocked);
  CHECK(intent_of(platform, "ssd0", 0x1000'0000).kind == IntentKind::blocked);
}

TEST_CASE("Without an IOMMU an address means itself", "[analysis]") {
  const Booted platform{without_iommu};
  const Intent intent = intent_of(platform, "nic0", 0x1000'0040);
  CHECK(intent.kind == IntentKind::memory);
  CHECK(intent.physical == PhysAddr{0x1000'0040});
}

TEST_CASE("The inbound window's offset comes before the mapping", "[analysis]") {
  const Booted platform{{"host_bridges.pcie0.inbound=[{base: 0x4000_0000, size: 256MiB, physical: 0x0}]"}};
  CHECK(intent_of(platform, "nic0", 0x4010'0008).physical == PhysAddr{0x1000'0008});
  // Outside the windows software, which does not know them, means the address as it stands.
  CHECK(intent_of(platform, "nic0", 0x0010'0008).physical == PhysAddr{0x1000'0008});
}

TEST_CASE("An unmapped address remembers where it led and when that ended", "[analysis]") {
  Booted platform;
  platform.system.unmap(platform.node("nic0"), page_at(0x10'1000), software::Invalidate::yes,
                        Duration::nanoseconds(700));
  const Intent gone = intent_of(platform, "nic0", 0x10'1010);
  CHECK(gone.kind == IntentKind::none);
  CHECK(gone.was_mapped);
  CHECK(gone.past_physical == PhysAddr{0x1000'1010});
  CHECK(gone.past_until == Duration::nanoseconds(700));
  // The pages beside it stay.
  CHECK(intent_of(platform, "nic0", 0x10'0FFF).kind == IntentKind::memory);
  CHECK(intent_of(platform, "nic0", 0x10'2000).physical == PhysAddr{0x1000'2000});

  platform.system.map(platform.node("nic0"), {page_at(0x10'1000), PhysAddr{0x1200'0000}, {}, {}}, Duration{});
  const Intent again = intent_of(platform, "nic0", 0x10'1010);
  CHECK(again.kind == IntentKind::memory);
  CHECK(again.physical == PhysAddr{0x1200'0010});
  CHECK(again.was_mapped);
  CHECK(again.past_physical == PhysAddr{0x1000'1010});
}

TEST_CASE("An MSI means the message that the driver programmed for its vector", "[analysis]") {
  const Booted platform;
  const IntentResolver resolver{platform.machine, platform.system};
  const Intent intent = resolver.of_msi(platform.node("nic0"), 1);
  CHECK(intent.kind == IntentKind::interrupt);
  CHECK(intent.vector == 0x41);
  CHECK(intent.destination == 2);
  // Intel SDM volume 3, 11.11: destination in bits 19:12, vector in 7:0.
  CHECK(intent.message == interrupts::MsiMessage{BusAddr{0xFEE0'2000}, 0x41});
  CHECK(resolver.of_msi(platform.node("nic0"), 0).kind == IntentKind::none);
  CHECK(resolver.of_msi(platform.node("gpu0"), 1).kind == IntentKind::none);
}

TEST_CASE("A raw write that equals a message of the device's driver means that interrupt", "[analysis]") {
  const Booted platform;
  const IntentResolver resolver{platform.machine, platform.system};
  const auto of = [&](const std::string& device, std::uint64_t address, std::uint32_t data) {
    return resolver.of_raw_write(platform.node(device), {BusAddr{address}, data});
  };
  CHECK(of("nic0", 0xFEE0'2000, 0x41).kind == IntentKind::interrupt);
  CHECK(of("nic0", 0xFEE0'2000, 0x42).kind == IntentKind::none);
  CHECK(of("nic0", 0xFEE0'3000, 0x41).kind == IntentKind::none);
  CHECK(of("ssd0", 0xFEE0'2000, 0x41).kind == IntentKind::none);
  CHECK(of("nic0", 0x0010'0004, 0x41).physical == PhysAddr{0x1000'0004});
}
