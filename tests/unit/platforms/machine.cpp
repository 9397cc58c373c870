// SPDX-License-Identifier: Apache-2.0
// Oracle: the platform's text; PCIe base specification, 7.5.1, for the state after power-on.
#include "platforms/machine.h"

#include "pcie/header.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace iommusim;
using namespace iommusim::platforms;
using namespace iommusim::test;
using memory::TargetKind;

namespace {

/// At power-on: described, but not brought up.
struct PowerOn {
  explicit PowerOn(const std::vector<std::string>& settings = {})
      : description{small_description(settings)}, machine{description} {}
  const pcie::Node& node(const std::string& name) const { return machine.topology()[machine.find_function(name)]; }

  Description description;
  Machine machine;
};

}  // namespace

TEST_CASE("A machine has the functions of its description, each below its port", "[machine]") {
  const PowerOn on;
  CHECK(on.machine.topology().size() == 9);
  CHECK(on.node("nic0").requester == RequesterId{3, 0, 0});
  CHECK(on.node("gpu0").requester == RequesterId{4, 0, 0});
  CHECK(on.node("ssd0").requester == RequesterId{5, 0, 0});
  CHECK(on.node("rcie0").requester == RequesterId{0, 5, 0});
  CHECK(on.node("nic0").parent == on.machine.find_function("dp0"));
  CHECK(on.node("dp0").parent == on.machine.find_function("sw0"));
  CHECK(on.node("rp0").parent == pcie::NodeIndex::none);
  CHECK(on.node("sw0").type == pcie::PortType::upstream_port);
  CHECK(on.node("rcie0").type == pcie::PortType::root_complex_endpoint);
  CHECK(on.machine.describe(on.machine.find_function("nic0")).name == "nic0");
}

TEST_CASE("Devices are the endpoints; ports are found as functions only", "[machine]") {
  const PowerOn on;
  REQUIRE(on.machine.devices().size() == 4);
  REQUIRE(on.machine.find_device("nic0") != nullptr);
  CHECK(on.machine.find_device("nic0")->node == on.machine.find_function("nic0"));
  CHECK(on.machine.device_at(on.machine.find_function("rcie0")) != nullptr);
  CHECK(on.machine.find_device("dp0") == nullptr);
  CHECK(on.machine.device_at(on.machine.find_function("dp0")) == nullptr);
  CHECK(on.machine.find_device("nic1") == nullptr);
  CHECK(on.machine.find_function("nic1") == pcie::NodeIndex::none);
}

TEST_CASE("After power-on nothing is enabled: no BAR, no window, no bus number, no translation", "[machine]") {
  const PowerOn on{linux_acs};
  for (const char* name : {"rp0", "dp0", "nic0", "gpu0"}) {
    CAPTURE(name);
    const pcie::Decoded& decoded = on.node(name).decoded;
    CHECK_FALSE(decoded.memory_space_enable);
    CHECK_FALSE(decoded.bus_master_enable);
    CHECK(decoded.secondary_bus == 0);
    CHECK(decoded.acs == pcie::AcsControl{0});
    CHECK(std::none_of(decoded.bars.begin(), decoded.bars.end(), [](const auto& bar) { return bar.has_value(); }));
  }
  // GSTS at offset 1Ch.
  CHECK(on.machine.iommu(0).read_register(0x1C, 4) == 0);
}

TEST_CASE("The system map holds memory, registers, configuration space, windows and doorbell", "[machine]") {
  const PowerOn on{
      {"host_bridges.pcie0.windows=[{base: 0x9000_0000, size: 256MiB}, {base: 0x40_0000_0000, size: 1GiB}]",
       "ecam=0xc000_0000"}};
  const memory::SystemMap& map = on.machine.system_map();
  const auto kind_at = [&map](std::uint64_t address) -> std::optional<TargetKind> {
    const auto* entry = map.find(PhysAddr{address}, 1);
    return entry == nullptr ? std::nullopt : std::optional{entry->kind};
  };
  CHECK(kind_at(0x7FFF'FFFF) == TargetKind::memory);
  CHECK(kind_at(0x8000'0000) == std::nullopt);
  CHECK(kind_at(0x9FFF'FFFF) == TargetKind::outbound);
  CHECK(kind_at(0x40'3FFF'FFFF) == TargetKind::outbound);
  CHECK(kind_at(0xFED9'0000) == TargetKind::iommu_registers);
  // 256 MiB of ECAM, 1 MiB of interrupt window.
  CHECK(kind_at(0xBFFF'FFFF) == std::nullopt);
  CHECK(kind_at(0xC000'0000) == TargetKind::ecam);
  CHECK(kind_at(0xCFFF'FFFF) == TargetKind::ecam);
  CHECK(kind_at(0xD000'0000) == std::nullopt);
  CHECK(kind_at(0xFEE0'0000) == TargetKind::doorbell);
  CHECK(kind_at(0xFEEF'FFFF) == TargetKind::doorbell);
  CHECK(kind_at(0xFEF0'0000) == std::nullopt);
}

TEST_CASE("Only a host with local APICs has an interrupt window", "[machine]") {
  const PowerOn with;
  CHECK(with.machine.bridges()[0].interrupt_window == Range<BusAddr>{BusAddr{0xFEE0'0000}, BusAddr{0xFEEF'FFFF}});
  const PowerOn without{{"local_apic=false", "software.interrupts=[]"}};
  CHECK_FALSE(without.machine.bridges()[0].interrupt_window.has_value());
  CHECK(without.machine.system_map().find(PhysAddr{0xFEE0'0000}, 4) == nullptr);
}

TEST_CASE("Each host bridge passes the IOMMU that it names, or none", "[machine]") {
  const PowerOn with;
  CHECK(with.machine.iommu_of_bridge(0) == std::size_t{0});
  CHECK(with.machine.name(with.machine.iommu_id(0)) == "dmar0");
  const PowerOn second{
      {"iommus=[{name: other, type: vt-d, registers: 0xfed8_0000}, {name: dmar0, type: vt-d, "
       "registers: 0xfed9_0000}]"}};
  CHECK(second.machine.iommu_of_bridge(0) == std::size_t{1});
  const PowerOn without{without_iommu};
  CHECK(without.machine.iommu_of_bridge(0) == std::nullopt);
  CHECK(without.machine.iommu_count() == 0);
}

TEST_CASE("Function 0 says whether its device has more functions", "[machine]") {
  const PowerOn on{{"devices.rp1.devices=[{name: ssd0, type: endpoint}, {name: ssd1, type: endpoint, at: 00.1}]",
                    "software.domains=[]"}};
  // Header Type, bit 7.
  CHECK((on.node("ssd0").config.read(pcie::header::header_type, 1) & 0x80) != 0);
  CHECK((on.node("nic0").config.read(pcie::header::header_type, 1) & 0x80) == 0);
  // dp0 and dp1 are devices 0 and 1 of their bus.
  CHECK((on.node("dp0").config.read(pcie::header::header_type, 1) & 0x80) == 0);
}

TEST_CASE("Every component has its name", "[machine]") {
  const PowerOn on;
  CHECK(on.machine.name(on.machine.interconnect_id()) == "system");
  CHECK(on.machine.name(on.machine.local_apic_id()) == "local-apic");
  CHECK(on.machine.name(on.machine.memory().banks()[0].id) == "dram");
  CHECK(on.machine.name(on.machine.bridges()[0].id) == "pcie0");
  CHECK(on.machine.name(on.node("dp1").id) == "dp1");
  CHECK(on.machine.name(ComponentId::none) == "?");
}
