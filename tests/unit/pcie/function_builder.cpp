// SPDX-License-Identifier: Apache-2.0
// Oracle: offsets and bits retyped from the PCIe base specification, 7.5 and 7.7.
#include "pcie/function_builder.h"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace iommusim::pcie;

namespace {

std::uint32_t written(ConfigSpace space, unsigned offset, unsigned width, std::uint32_t value) {
  space.write(offset, width, value);
  return space.read(offset, width);
}

FunctionConfig endpoint() {
  FunctionConfig config;
  config.vendor_id = 0x8086;
  config.device_id = 0x10FB;
  config.class_code = 0x02'0000;
  config.revision = 0x01;
  return config;
}

}  // namespace

TEST_CASE("A type 0 header identifies the function and enables nothing", "[pcie]") {
  const ConfigSpace space = build_config_space(endpoint());
  CHECK(space.read(0x00, 4) == 0x10FB'8086);
  CHECK(space.read(0x04, 2) == 0);
  CHECK(space.read(0x08, 4) == 0x0200'0001);
  CHECK(space.read(0x0E, 1) == 0x00);
  CHECK(space.read(0x06, 2) == 0x0010);
  CHECK(space.read(0x34, 1) == 0x40);
}

TEST_CASE("Memory Space, Bus Master and the error bits of Command are writable, I/O Space is not", "[pcie]") {
  CHECK(written(build_config_space(endpoint()), 0x04, 2, 0xFFFF) == 0x0546);
}

TEST_CASE("A BAR that is written all-ones reads back its size and its type", "[pcie]") {
  FunctionConfig config = endpoint();
  config.bars = {{0, 0x2'0000, false, false}, {2, 0x4'0000'0000, true, true}};
  ConfigSpace space = build_config_space(config);
  CHECK(space.read(0x10, 4) == 0);
  for (const unsigned offset : {0x10U, 0x14U, 0x18U, 0x1CU})
    space.write(offset, 4, 0xFFFF'FFFF);
  CHECK(space.read(0x10, 4) == 0xFFFE'0000);
  CHECK(space.read(0x14, 4) == 0);
  CHECK(space.read(0x18, 4) == 0x0000'000C);
  CHECK(space.read(0x1C, 4) == 0xFFFF'FFFC);
}

TEST_CASE("A type 1 header starts with closed windows and has a 64-bit prefetchable window", "[pcie]") {
  FunctionConfig config;
  config.type = PortType::root_port;
  const ConfigSpace space = build_config_space(config);
  CHECK(space.read(0x0E, 1) == 0x01);
  CHECK(space.read(0x20, 2) > space.read(0x22, 2));
  CHECK(space.read(0x24, 2) > space.read(0x26, 2));
  CHECK(written(space, 0x20, 2, 0xFFFF) == 0xFFF0);
  CHECK(written(space, 0x26, 2, 0xFFFF) == 0xFFF1);
  CHECK(written(space, 0x2C, 4, 0xFFFF'FFFF) == 0xFFFF'FFFF);
  CHECK(written(space, 0x19, 1, 0x42) == 0x42);
}

TEST_CASE("The PCI Express capability carries type, port number and payload sizes", "[pcie]") {
  FunctionConfig config;
  config.type = PortType::downstream_port;
  config.port_number = 9;
  config.max_payload_supported = 256;
  const ConfigSpace space = build_config_space(config);
  CHECK(space.read(0x40, 1) == 0x10);
  CHECK((space.read(0x42, 2) >> 4 & 0xF) == 0x6);
  CHECK((space.read(0x44, 4) & 0x7) == 1);
  CHECK(space.read(0x4C, 4) >> 24 == 9);
  CHECK((space.read(0x48, 2) >> 5 & 0x7) == 0);
  CHECK((space.read(0x48, 2) >> 12 & 0x7) == 2);
  CHECK((written(space, 0x48, 2, 0x5020) >> 12 & 0x7) == 5);
}

TEST_CASE("MSI and MSI-X follow the PCI Express capability in one list", "[pcie]") {
  FunctionConfig config = endpoint();
  config.msi = MsiConfig{8, true, false};
  config.msix = MsixConfig{64, 3, 0x2000, 4, 0x3000};
  const ConfigSpace space = build_config_space(config);
  const unsigned msi = space.read(0x41, 1);
  REQUIRE(space.read(msi, 1) == 0x05);
  CHECK(space.read(msi + 2, 2) == 0x0086);  // 64-bit, 2^3 vectors, disabled.
  CHECK(written(space, msi + 2, 2, 0xFFFF) == 0x00F7);
  CHECK(written(space, msi + 4, 4, 0xFFFF'FFFF) == 0xFFFF'FFFC);
  CHECK(written(space, msi + 12, 2, 0xFFFF) == 0xFFFF);
  const unsigned msix = space.read(msi + 1, 1);
  REQUIRE(space.read(msix, 1) == 0x11);
  CHECK(space.read(msix + 1, 1) == 0);
  CHECK(space.read(msix + 2, 2) == 63);
  CHECK(written(space, msix + 2, 2, 0xFFFF) == (0xC000 | 63));
  CHECK(space.read(msix + 4, 4) == 0x2003);
  CHECK(space.read(msix + 8, 4) == 0x3004);
}

TEST_CASE("ACS control bits exist for the services of the capability only", "[pcie]") {
  FunctionConfig config;
  config.type = PortType::downstream_port;
  config.acs = AcsCapability{0x0013};  // SV, TB, UF.
  const ConfigSpace space = build_config_space(config);
  CHECK(space.read(0x100, 4) == 0x0001'000D);
  CHECK(space.read(0x104, 2) == 0x0013);
  CHECK(space.read(0x106, 2) == 0);
  CHECK(written(space, 0x106, 2, 0xFFFF) == 0x0013);
  CHECK(written(space, 0x108, 4, 0xFFFF'FFFF) == 0);
}

TEST_CASE("ACS Enhanced adds control bits 12:7, and the egress vector has as many bits as it says", "[pcie]") {
  FunctionConfig config;
  config.type = PortType::downstream_port;
  config.acs = AcsCapability{0x28FF};  // All services, 40 vector bits.
  const ConfigSpace space = build_config_space(config);
  CHECK(written(space, 0x106, 2, 0xFFFF) == 0x1FFF);
  CHECK(written(space, 0x108, 4, 0xFFFF'FFFF) == 0xFFFF'FFFF);
  CHECK(written(space, 0x10C, 4, 0xFFFF'FFFF) == 0x0000'00FF);
  config.acs = AcsCapability{0x0020};  // Size 0 stands for 256 bits.
  CHECK(written(build_config_space(config), 0x124, 4, 0xFFFF'FFFF) == 0xFFFF'FFFF);
}

TEST_CASE("What no hardware could be is refused", "[pcie]") {
  FunctionConfig config = endpoint();
  config.bars = {{0, 0x3000, false, false}};
  CHECK_THROWS_AS(build_config_space(config), std::invalid_argument);
  config.bars = {{5, 0x1000, true, false}};
  CHECK_THROWS_AS(build_config_space(config), std::invalid_argument);
  config.bars = {{0, 0x1000, true, false}, {1, 0x1000, false, false}};
  CHECK_THROWS_AS(build_config_space(config), std::invalid_argument);
  config.bars.clear();
  config.msi = MsiConfig{3, true, false};
  CHECK_THROWS_AS(build_config_space(config), std::invalid_argument);
}
