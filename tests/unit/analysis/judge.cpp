// SPDX-License-Identifier: Apache-2.0
// Oracle: the circumstances of the design's collision kinds, on mappings made by hand.
#include "analysis/judge.h"

#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

Landing memory_at(std::uint64_t address) {
  Landing landing;
  landing.kind = LandingKind::memory;
  landing.address = address;
  return landing;
}

Landing landing_of(LandingKind kind) {
  Landing landing;
  landing.kind = kind;
  return landing;
}

std::optional<CollisionKind> verdict(const Booted& platform, const Access& access, const Landing& landing) {
  const pcie::NodeIndex device = platform.node("nic0");
  const Intent intent = IntentResolver{platform.machine, platform.system}.of_dma(device, access.address);
  return Judge{platform.machine, platform.system}.verdict(device, access, intent, landing);
}

}  // namespace

TEST_CASE("Wrong memory is foreign when another domain maps it now", "[analysis]") {
  Booted platform;
  const Access access = dma_write(0x10'0000);
  CHECK(verdict(platform, access, memory_at(0x1000'0000)) == std::nullopt);
  // nvme's queue is 4 KiB.
  CHECK(verdict(platform, access, memory_at(0x1200'0000)) == CollisionKind::isolation_breach);
  CHECK(verdict(platform, access, memory_at(0x1200'0FFF)) == CollisionKind::isolation_breach);
  CHECK(verdict(platform, access, memory_at(0x1200'1000)) == CollisionKind::wrong_memory);
  CHECK(verdict(platform, access, memory_at(0x11FF'FFFF)) == CollisionKind::wrong_memory);
  // The device's own mapping of it is no claim of another domain.
  platform.system.unmap(platform.node("ssd0"), *Range<Iova>::from_size(Iova{0x10'0000}, page_4k),
                        software::Invalidate::yes, Duration{});
  CHECK(verdict(platform, access, memory_at(0x1200'0000)) == CollisionKind::wrong_memory);
}

TEST_CASE("Memory where a peer was meant is wrong, and a breach when another domain maps it", "[analysis]") {
  const Booted platform;
  CHECK(verdict(platform, dma_write(0x80'0000), memory_at(0x1300'0000)) == CollisionKind::wrong_memory);
}

TEST_CASE("The interrupt window is the host's 1 MiB, and only an x86 host has one", "[analysis]") {
  const std::string mapping = "software.domains.user.mappings=[{iova: 0xfed0_0000, buffer: ring}]";
  const Landing fault = landing_of(LandingKind::iommu_fault);
  const Booted x86{{mapping}};
  CHECK(verdict(x86, dma_write(0xFEE0'0000), fault) == CollisionKind::interrupt_swallow);
  CHECK(verdict(x86, dma_write(0xFEE0'0000, 0), fault) == CollisionKind::interrupt_swallow);
  CHECK(verdict(x86, dma_write(0xFEDF'FFC0), fault) == CollisionKind::translation_fault);
  const Booted other{{mapping, "local_apic=false", "software.interrupts=[]"}};
  CHECK(verdict(other, dma_write(0xFEE0'0000), fault) == CollisionKind::translation_fault);
}

TEST_CASE("A zero-length read is judged without its right", "[analysis]") {
  const Booted platform{{"software.domains.user.mappings=[{iova: 0x10_0000, buffer: ring, access: write}]"}};
  CHECK(verdict(platform, dma_read(0x10'0000, 0), memory_at(0x1000'0000)) == std::nullopt);
  CHECK(verdict(platform, dma_read(0x10'0000, 1), memory_at(0x1000'0000)) == CollisionKind::wrong_memory);
}
