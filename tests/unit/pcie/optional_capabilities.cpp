// SPDX-License-Identifier: Apache-2.0
// Oracle: offsets, bits and write rules retyped from the PCIe base specification,
// 7.5.2, 7.8.9, 7.9.14 and 10.5.
#include "pcie/capability_list.h"
#include "pcie/function_builder.h"
#include "pcie/translation_capabilities.h"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace iommusim::pcie;

namespace {

ConfigSpace built(const FunctionConfig& config) {
  return build_config_space(config);
}

unsigned place(const ConfigSpace& space, ExtendedCapabilityId id) {
  const auto at = find_extended_capability(reader_of(space), id);
  REQUIRE(at.has_value());
  return *at;
}

std::uint32_t after_ones(ConfigSpace& space, unsigned offset, unsigned width) {
  space.write(offset, width, 0xFFFF'FFFF);
  return space.read(offset, width);
}

}  // namespace

TEST_CASE("Power management takes a power state and nothing else", "[pcie]") {
  FunctionConfig config;
  config.vendor_id = 0x1234;
  config.power_management = true;
  ConfigSpace space = built(config);
  const auto at = find_capability(reader_of(space), CapabilityId::power_management);
  REQUIRE(at.has_value());
  CHECK(space.read(*at + 2, 2) == 0x0003);
  CHECK(space.read(*at + 4, 2) == 0x0008);
  CHECK(after_ones(space, *at + 4, 2) == 0x000B);
  CHECK(after_ones(space, *at + 2, 2) == 0x0003);
}

TEST_CASE("ATS has a smallest translation unit and an enable", "[pcie]") {
  FunctionConfig config;
  config.ats = true;
  ConfigSpace space = built(config);
  const unsigned at = place(space, ExtendedCapabilityId::address_translation_services);
  CHECK(space.read(at + 4, 2) == 0x0060);
  CHECK(after_ones(space, at + 6, 2) == 0x801F);
}

TEST_CASE("PRI begins stopped, with its events cleared by writing ones", "[pcie]") {
  FunctionConfig config;
  config.page_request = true;
  ConfigSpace space = built(config);
  const unsigned at = place(space, ExtendedCapabilityId::page_request_interface);
  CHECK(after_ones(space, at + 4, 2) == 0x0001);
  CHECK(space.read(at + 6, 2) == 0x0100);
  space.latch(at + 6, 2, 0x0003);
  CHECK(after_ones(space, at + 6, 2) == 0x0100);
  CHECK(space.read(at + 8, 4) == 256);
  CHECK(after_ones(space, at + 12, 4) == 0xFFFF'FFFF);
}

TEST_CASE("PASID enables only the modes that it has", "[pcie]") {
  FunctionConfig config;
  config.pasid = PasidConfig{20, true, false};
  ConfigSpace space = built(config);
  const unsigned at = place(space, ExtendedCapabilityId::process_address_space_id);
  CHECK(space.read(at + 4, 2) == 0x1402);
  CHECK(after_ones(space, at + 6, 2) == 0x0003);
  CHECK(enabled_pasid_bits(space) == 20);
  space.write(at + 6, 2, 0x0002);
  CHECK(enabled_pasid_bits(space) == 0);
  config.pasid = PasidConfig{21, false, false};
  CHECK_THROWS_AS(built(config), std::invalid_argument);
}

TEST_CASE("DPC blocks poisoned TLPs when it is told to, and contains nothing", "[pcie]") {
  FunctionConfig config;
  config.type = PortType::downstream_port;
  config.poisoned_egress_blocking = true;
  ConfigSpace space = built(config);
  const unsigned at = place(space, ExtendedCapabilityId::downstream_port_containment);
  CHECK(space.read(at, 4) == 0x0001'001D);
  CHECK(space.read(at + 4, 2) == 0x0040);
  CHECK(space.read(at + 6, 2) == 0);
  // Trigger Enable stays 00b.
  CHECK(after_ones(space, at + 6, 2) == 0x003C);
  CHECK(after_ones(space, at + 4, 2) == 0x0040);
  CHECK(after_ones(space, at + 8, 4) == 0);
}

TEST_CASE("DPC stands in ports that face a link", "[pcie]") {
  FunctionConfig config;
  config.poisoned_egress_blocking = true;
  for (const PortType type : {PortType::endpoint, PortType::upstream_port, PortType::pci_bridge}) {
    config.type = type;
    CHECK_THROWS_AS(built(config), std::invalid_argument);
  }
  config.type = PortType::root_port;
  CHECK_NOTHROW(built(config));
}
