// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 9.3.3 (SR-IOV capability), 9.3.4 (configuration of virtual functions) and 7.8.8
// (ARI). Offsets and bits by hand.
#include "pcie/virtual_function.h"

#include "pcie/capability_list.h"
#include "pcie/function_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;

namespace {

ConfigSpace physical_function() {
  FunctionConfig config;
  config.vendor_id = 0x8086;
  config.acs = AcsCapability{0x086C};
  config.ari = AriConfig{2, false};
  SriovConfig sriov;
  sriov.total_vfs = 64;
  sriov.first_vf_offset = 16;
  sriov.vf_stride = 2;
  sriov.vf_device_id = 0x154C;
  sriov.vf_bars = {{0, 0x1'0000, true, true}, {3, 0x4000, false, false}};
  config.sriov = sriov;
  return build_config_space(config);
}

unsigned find(const ConfigSpace& config, ExtendedCapabilityId id) {
  const auto at = find_extended_capability(reader_of(config), id);
  REQUIRE(at.has_value());
  return *at;
}

unsigned sriov_of(const ConfigSpace& config) {
  return find(config, ExtendedCapabilityId::single_root_io_virtualization);
}

/// Two slices of 64 KiB and 16 KiB each from these addresses on, 5 virtual functions.
ConfigSpace enabled_function() {
  ConfigSpace config = physical_function();
  const unsigned at = sriov_of(config);
  config.write(at + 0x10, 2, 5);
  config.write(at + 0x24, 4, 0x0040'0000);
  config.write(at + 0x28, 4, 0x38);
  config.write(at + 0x30, 4, 0x9020'0000);
  config.write(at + 0x08, 2, 0x9);
  return config;
}

}  // namespace

TEST_CASE("Extended capabilities are linked from 0x100 on", "[pcie]") {
  const ConfigSpace config = physical_function();
  CHECK(find(config, ExtendedCapabilityId::access_control_services) == 0x100);
  // ACS takes 12 bytes with a vector of 8 bits, ARI 8.
  CHECK(find(config, ExtendedCapabilityId::alternative_routing_id) == 0x10C);
  CHECK(find(config, ExtendedCapabilityId::single_root_io_virtualization) == 0x114);
  CHECK(config.read(0x114, 4) == 0x0001'0010);
}

TEST_CASE("The SR-IOV capability has the numbers of its device, read-only", "[pcie]") {
  ConfigSpace config = physical_function();
  const unsigned at = sriov_of(config);
  for (const unsigned offset : {0x0CU, 0x0EU, 0x14U, 0x16U, 0x1AU})
    config.write(at + offset, 2, 0xFFFF);
  CHECK(config.read(at + 0x0C, 2) == 64);
  CHECK(config.read(at + 0x0E, 2) == 64);
  CHECK(config.read(at + 0x14, 2) == 16);
  CHECK(config.read(at + 0x16, 2) == 2);
  CHECK(config.read(at + 0x1A, 2) == 0x154C);
  // 4, 8, 64, 256 KiB, 1 and 4 MiB; 4 KiB is in use.
  CHECK(config.read(at + 0x1C, 4) == 0x553);
  CHECK(config.read(at + 0x20, 4) == 1);
}

TEST_CASE("Of SR-IOV Control software writes VF Enable, VF Memory Space Enable and ARI Capable Hierarchy", "[pcie]") {
  ConfigSpace config = physical_function();
  const unsigned at = sriov_of(config);
  config.write(at + 0x08, 2, 0xFFFF);
  CHECK(config.read(at + 0x08, 2) == 0x0019);
}

TEST_CASE("A VF BAR sizes to what one virtual function has", "[pcie]") {
  ConfigSpace config = physical_function();
  const unsigned at = sriov_of(config);
  for (unsigned offset = 0x24; offset < 0x3C; offset += 4)
    config.write(at + offset, 4, 0xFFFF'FFFF);
  CHECK(config.read(at + 0x24, 4) == 0xFFFF'000C);  // 64 KiB, 64-bit, prefetchable.
  CHECK(config.read(at + 0x28, 4) == 0xFFFF'FFFF);
  CHECK(config.read(at + 0x2C, 4) == 0);
  CHECK(config.read(at + 0x30, 4) == 0xFFFF'C000);  // 16 KiB.
}

TEST_CASE("A virtual function's BARs are slices of its physical function's VF BARs", "[pcie]") {
  const VfControls controls = decode_vf_controls(enabled_function());
  const Decoded third = decode_virtual_function(ConfigSpace{}, controls, 3);
  CHECK(third.present);
  CHECK(third.memory_space_enable);
  CHECK(third.bars[0] == Range<BusAddr>{BusAddr{0x38'0042'0000}, BusAddr{0x38'0042'FFFF}});
  CHECK(third.bars[3] == Range<BusAddr>{BusAddr{0x9020'8000}, BusAddr{0x9020'BFFF}});
  CHECK_FALSE(third.bars[1].has_value());
}

TEST_CASE("A larger system page keeps the slices of virtual functions apart", "[pcie]") {
  ConfigSpace config = enabled_function();
  config.write(sriov_of(config) + 0x20, 4, 0x10);  // 64 KiB pages.
  const VfControls controls = decode_vf_controls(config);
  const Decoded second = decode_virtual_function(ConfigSpace{}, controls, 2);
  CHECK(second.bars[3] == Range<BusAddr>{BusAddr{0x9021'0000}, BusAddr{0x9021'3FFF}});
}

TEST_CASE("Virtual functions exist up to NumVFs while VF Enable is set", "[pcie]") {
  ConfigSpace config = enabled_function();
  CHECK(decode_virtual_function(ConfigSpace{}, decode_vf_controls(config), 5).present);
  CHECK_FALSE(decode_virtual_function(ConfigSpace{}, decode_vf_controls(config), 6).present);
  config.write(sriov_of(config) + 0x08, 2, 0x8);
  const Decoded absent = decode_virtual_function(ConfigSpace{}, decode_vf_controls(config), 1);
  CHECK_FALSE(absent.present);
  CHECK_FALSE(absent.bars[0].has_value());
}

TEST_CASE("A virtual function has no vendor ID, no BARs, and of Command only Bus Master Enable", "[pcie]") {
  FunctionConfig description;
  description.virtual_function = true;
  description.class_code = 0x02'0000;
  description.ari = AriConfig{};
  description.msix = MsixConfig{2, 3, 0, 3, 0x1000};
  ConfigSpace config = build_config_space(description);
  for (unsigned offset = 0; offset < 0x34; offset += 4)
    if (offset != 4) config.write(offset, 4, 0xFFFF'FFFF);
  config.write(4, 2, 0xFFFF);
  CHECK(config.read(0, 4) == 0xFFFF'FFFF);
  CHECK(config.read(4, 2) == 0x0004);
  CHECK(config.read(8, 4) == 0x0200'0000);
  for (unsigned offset = 0x10; offset < 0x28; offset += 4)
    CHECK(config.read(offset, 4) == 0);
  CHECK(find_capability(reader_of(config), CapabilityId::msix).has_value());
  CHECK(find_capability(reader_of(config), CapabilityId::pci_express).has_value());
  CHECK(find_extended_capability(reader_of(config), ExtendedCapabilityId::alternative_routing_id).has_value());
}

TEST_CASE("Virtual functions use the payload and read request sizes of their physical function", "[pcie]") {
  ConfigSpace config = enabled_function();
  config.write(0x40 + 0x08, 2, 0x5020);  // MaxPayload 256, MaxReadReq 4096.
  const Decoded decoded = decode_virtual_function(ConfigSpace{}, decode_vf_controls(config), 1);
  CHECK(decoded.max_payload == 256);
  CHECK(decoded.max_read_request == 4096);
}

TEST_CASE("ARI links the functions of a device, and groups can be enabled in function 0 only", "[pcie]") {
  FunctionConfig description;
  description.ari = AriConfig{9, true};
  ConfigSpace config = build_config_space(description);
  const unsigned at = find(config, ExtendedCapabilityId::alternative_routing_id);
  CHECK(config.read(at + 4, 2) == 0x0902);
  config.write(at + 6, 2, 0xFFFF);
  CHECK(config.read(at + 6, 2) == 0x0072);
  description.ari = AriConfig{0, false};
  config = build_config_space(description);
  config.write(at + 6, 2, 0xFFFF);
  CHECK(config.read(at + 6, 2) == 0x0070);
}

TEST_CASE("ARI forwarding exists in ports that face a link", "[pcie]") {
  FunctionConfig description;
  for (const PortType type : {PortType::root_port, PortType::downstream_port, PortType::upstream_port}) {
    description.type = type;
    ConfigSpace config = build_config_space(description);
    config.write(0x40 + 0x28, 2, 0xFFFF);
    const std::uint32_t expected = type == PortType::upstream_port ? 0 : 0x20;
    CHECK(config.read(0x40 + 0x24, 4) == expected);
    CHECK(config.read(0x40 + 0x28, 2) == expected);
    CHECK(decode(config).ari_forwarding == (expected != 0));
  }
}
