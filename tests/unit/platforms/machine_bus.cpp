// SPDX-License-Identifier: Apache-2.0
// Oracle: the platform's address map; all-ones where nothing answers (PCIe base specification, 2.3.2, implementation
// note); VT-d specification, 11.4, for the registers.
#include "platforms/machine_bus.h"

#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::test;

namespace {

template <class T>
T load(Booted& platform, std::uint64_t address) {
  T value{};
  platform.bus.load(PhysAddr{address}, &value, sizeof value);
  return value;
}

template <class T>
void store(Booted& platform, std::uint64_t address, T value) {
  platform.bus.store(PhysAddr{address}, &value, sizeof value);
}

constexpr std::uint64_t registers = 0xFED9'0000;
constexpr std::uint64_t gpu_bar = 0x9010'0000;

}  // namespace

TEST_CASE("A hole loads all-ones and loses stores", "[machine]") {
  Booted platform;
  for (const std::uint64_t hole :
       std::initializer_list<std::uint64_t>{0x8000'0000, 0xFEC0'0000, 0xFEE0'0000, 0x7FFF'FFFE}) {
    store<std::uint32_t>(platform, hole, 0x1234);
    CHECK(load<std::uint32_t>(platform, hole) == 0xFFFF'FFFF);
  }
  CHECK(load<std::uint16_t>(platform, 0x7FFF'FFFE) == 0);
  CHECK(load<std::uint8_t>(platform, 0x1'0000'0000) == 0xFF);
}

TEST_CASE("Memory keeps stores of any width", "[machine]") {
  Booted platform;
  store<std::uint64_t>(platform, 0x1000, 0x1122'3344'5566'7788);
  store<std::uint8_t>(platform, 0x1003, 0xAA);
  CHECK(load<std::uint32_t>(platform, 0x1000) == 0xAA66'7788);
  CHECK(platform.bus.load64(PhysAddr{0x1000}) == 0x1122'3344'AA66'7788);
}

TEST_CASE("Loads and stores in an outbound window reach the BAR that claims them", "[machine]") {
  Booted platform;
  store<std::uint32_t>(platform, gpu_bar + 0x10, 0x1234'5678);
  CHECK(load<std::uint32_t>(platform, gpu_bar + 0x10) == 0x1234'5678);
  std::uint32_t in_bar = 0;
  REQUIRE(platform.machine.find_device("gpu0")->bars->read(2, 0x10, &in_bar, sizeof in_bar));
  CHECK(in_bar == 0x1234'5678);
  // In the window, but in no BAR: nic0's ends at 9001_0000h.
  CHECK(load<std::uint32_t>(platform, 0x9001'0000) == 0xFFFF'FFFF);
  // Across the end of ssd0's BAR.
  CHECK(load<std::uint64_t>(platform, 0x9020'FFFC) == 0xFFFF'FFFF'FFFF'FFFF);
}

TEST_CASE("A BAR answers only while its function decodes memory", "[machine]") {
  Booted platform;
  const RequesterId gpu{4, 0, 0};
  const std::uint32_t command = platform.bus.config_read(0, gpu, 4, 2);
  platform.bus.config_write(0, gpu, 4, 2, command & ~0x2U);
  CHECK(load<std::uint32_t>(platform, gpu_bar) == 0xFFFF'FFFF);
  platform.bus.config_write(0, gpu, 4, 2, command);
  CHECK(load<std::uint32_t>(platform, gpu_bar) == 0);
}

TEST_CASE("IOMMU registers are read and written in 4 and 8 bytes", "[machine]") {
  Booted platform;
  // VER at 0: not all-ones. CAP at 8, ECAP at 10h.
  CHECK(load<std::uint32_t>(platform, registers) != 0xFFFF'FFFF);
  const auto capability = load<std::uint64_t>(platform, registers + 8);
  CHECK(static_cast<std::uint32_t>(capability) == load<std::uint32_t>(platform, registers + 8));
  CHECK(static_cast<std::uint32_t>(capability >> 32) == load<std::uint32_t>(platform, registers + 12));
  // MGAW, bits 21:16, is the width minus one.
  CHECK((capability >> 16 & 0x3F) == 47);
  // FEADDR at 40h keeps bits 31:2.
  store<std::uint32_t>(platform, registers + 0x40, 0xFEE0'1003);
  CHECK(load<std::uint32_t>(platform, registers + 0x40) == 0xFEE0'1000);
  // IVA, next to IOTLB, at F0h: ADDR in bits 63:12.
  store<std::uint64_t>(platform, registers + 0x20, 0x12'3456'7000);
  CHECK(load<std::uint64_t>(platform, registers + 0x20) == 0x12'3456'7000);
}

TEST_CASE("Configuration cycles reach a function by its ID", "[machine]") {
  Booted platform;
  const RequesterId nic{3, 0, 0};
  CHECK(platform.bus.config_read(0, nic, 0, 2) == 0x1234);
  platform.bus.config_write(0, nic, 0x3C, 1, 0x0B);
  CHECK(platform.bus.config_read(0, nic, 0x3C, 1) == 0x0B);
  CHECK(platform.bus.config_read(0, RequesterId{9, 0, 0}, 0, 4) == 0xFFFF'FFFF);
  CHECK(platform.bus.config_read(1, nic, 0, 2) == 0xFFFF);
}

TEST_CASE("The same registers stand in the ECAM region: bus, device and function in address bits 27:12", "[machine]") {
  Booted platform;
  const std::uint64_t nic = 0xB000'0000 + (std::uint64_t{3} << 20);
  const std::uint64_t rp1 = 0xB000'0000 + (std::uint64_t{2} << 15);
  CHECK(load<std::uint16_t>(platform, nic) == 0x1234);
  CHECK(load<std::uint32_t>(platform, rp1 + 0x18) == platform.bus.config_read(0, RequesterId{0, 2, 0}, 0x18, 4));
  store<std::uint8_t>(platform, nic + 0x3C, 0x0C);
  CHECK(platform.bus.config_read(0, RequesterId{3, 0, 0}, 0x3C, 1) == 0x0C);
  // Absent functions and widths that no configuration request has.
  CHECK(load<std::uint32_t>(platform, 0xB000'0000 + (std::uint64_t{9} << 20)) == 0xFFFF'FFFF);
  CHECK(load<std::uint64_t>(platform, nic) == 0xFFFF'FFFF'FFFF'FFFF);
  store<std::uint64_t>(platform, nic + 0x38, 0);
  CHECK(platform.bus.config_read(0, RequesterId{3, 0, 0}, 0x3C, 1) == 0x0C);
}
