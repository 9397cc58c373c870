// SPDX-License-Identifier: Apache-2.0
// Oracle: the function as it was described to the builder, and the header layout of reference
// pcie-acs 1.1, 1.2 and 2.1 as raw offsets.
#include "software/pci_setup.h"

#include "software/driver_error.h"
#include "support/config_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;
using tests::ConfigBus;

namespace {

constexpr RequesterId endpoint{1, 0, 0};
constexpr RequesterId port{0, 1, 0};
constexpr RequesterId absent{0, 9, 0};

struct Fixture {
  Fixture() {
    pcie::FunctionConfig device;
    device.vendor_id = 0x1234;
    device.bars = {{0, 0x1000, false, false}, {2, std::uint64_t{1} << 33, true, true}, {5, 0x8000'0000, false, false}};
    bus.add(endpoint, device);
    pcie::FunctionConfig root_port;
    root_port.type = pcie::PortType::root_port;
    root_port.vendor_id = 0x1234;
    root_port.acs = pcie::AcsCapability{0x001F};
    bus.add(port, root_port);
  }

  std::uint32_t read(RequesterId id, unsigned offset, unsigned width) { return bus.config_read(0, id, offset, width); }

  ConfigBus bus;
  PciFunction function{bus, 0, endpoint};
  PciFunction bridge{bus, 0, port};
  PciFunction nobody{bus, 0, absent};
};

Range<BusAddr> window(std::uint64_t first, std::uint64_t last) {
  return {BusAddr{first}, BusAddr{last}};
}

}  // namespace

TEST_CASE("An absent function is not present and has nothing", "[software][pci]") {
  Fixture f;
  CHECK(f.function.present());
  CHECK_FALSE(f.nobody.present());
  CHECK_FALSE(f.nobody.find(pcie::CapabilityId::msi).has_value());
  CHECK_FALSE(f.nobody.find(pcie::ExtendedCapabilityId::access_control_services).has_value());
  CHECK_FALSE(probe_bar(f.nobody, 0).has_value());
}

TEST_CASE("Sizing finds size, width and prefetchability of every BAR", "[software][pci]") {
  Fixture f;
  CHECK(*probe_bar(f.function, 0) == BarFacts{0x1000, false, false});
  CHECK(*probe_bar(f.function, 2) == BarFacts{std::uint64_t{1} << 33, true, true});
  CHECK(*probe_bar(f.function, 5) == BarFacts{0x8000'0000, false, false});
  CHECK_FALSE(probe_bar(f.function, 1).has_value());
  CHECK_FALSE(probe_bar(f.function, 4).has_value());
}

TEST_CASE("Sizing restores address and command", "[software][pci]") {
  Fixture f;
  program_bar(f.function, 2, BusAddr{0x24'0000'0000});
  set_memory_space(f.function, true);
  set_bus_master(f.function, true);
  probe_bar(f.function, 2);
  CHECK(f.read(endpoint, 0x18, 4) == 0x0000'000C);
  CHECK(f.read(endpoint, 0x1C, 4) == 0x24);
  CHECK(f.read(endpoint, 0x04, 2) == 0x6);
}

TEST_CASE("A BAR takes an address that is aligned to its size and fits its width", "[software][pci]") {
  Fixture f;
  program_bar(f.function, 0, BusAddr{0xC000'1000});
  CHECK(f.read(endpoint, 0x10, 4) == 0xC000'1000);
  program_bar(f.function, 2, BusAddr{0x6'0000'0000});
  CHECK(f.read(endpoint, 0x18, 4) == 0x0000'000C);
  CHECK(f.read(endpoint, 0x1C, 4) == 0x6);
}

TEST_CASE("An address that a BAR cannot take is refused", "[software][pci]") {
  Fixture f;
  CHECK_THROWS_AS(program_bar(f.function, 0, BusAddr{0xC000'1800}), DriverError);
  CHECK_THROWS_AS(program_bar(f.function, 0, BusAddr{0x1'C000'0000}), DriverError);
  CHECK_THROWS_AS(program_bar(f.function, 2, BusAddr{0x1'0000'0000}), DriverError);
  CHECK_THROWS_AS(program_bar(f.function, 1, BusAddr{0xC000'0000}), DriverError);
}

TEST_CASE("Bus numbers are written one by one", "[software][pci]") {
  Fixture f;
  program_bus_numbers(f.bridge, {0, 1, 7});
  CHECK(f.read(port, 0x18, 1) == 0);
  CHECK(f.read(port, 0x19, 1) == 1);
  CHECK(f.read(port, 0x1A, 1) == 7);
}

TEST_CASE("A memory window is written as address bits 31:20 of its ends", "[software][pci]") {
  Fixture f;
  program_memory_window(f.bridge, window(0xE650'0000, 0xE65F'FFFF));
  CHECK(f.read(port, 0x20, 2) == 0xE650);
  CHECK(f.read(port, 0x22, 2) == 0xE650);
  program_memory_window(f.bridge, std::nullopt);
  CHECK(f.read(port, 0x20, 2) > f.read(port, 0x22, 2));
}

TEST_CASE("A prefetchable window is 64 bits wide", "[software][pci]") {
  Fixture f;
  program_prefetchable_window(f.bridge, window(0x20'0010'0000, 0x2F'FFFF'FFFF));
  CHECK(f.read(port, 0x24, 2) == 0x0011);
  CHECK(f.read(port, 0x26, 2) == 0xFFF1);
  CHECK(f.read(port, 0x28, 4) == 0x20);
  CHECK(f.read(port, 0x2C, 4) == 0x2F);
  program_prefetchable_window(f.bridge, std::nullopt);
  CHECK(f.read(port, 0x28, 4) == f.read(port, 0x2C, 4));
  CHECK(f.read(port, 0x24, 2) > f.read(port, 0x26, 2));
}

TEST_CASE("A window that a bridge cannot hold is refused", "[software][pci]") {
  Fixture f;
  CHECK_THROWS_AS(program_memory_window(f.bridge, window(0xE650'1000, 0xE65F'FFFF)), DriverError);
  CHECK_THROWS_AS(program_memory_window(f.bridge, window(0xE650'0000, 0xE65F'FFFE)), DriverError);
  CHECK_THROWS_AS(program_memory_window(f.bridge, window(0xF000'0000, 0x1'000F'FFFF)), DriverError);
  CHECK_THROWS_AS(program_prefetchable_window(f.bridge, window(0x20'0000'1000, 0x20'000F'FFFF)), DriverError);
}

TEST_CASE("Command bits change one at a time", "[software][pci]") {
  Fixture f;
  set_memory_space(f.function, true);
  CHECK(f.read(endpoint, 0x04, 2) == 0x2);
  set_bus_master(f.function, true);
  CHECK(f.read(endpoint, 0x04, 2) == 0x6);
  set_memory_space(f.function, false);
  CHECK(f.read(endpoint, 0x04, 2) == 0x4);
}

TEST_CASE("ACS Control is written through the extended capability list", "[software][pci][acs]") {
  Fixture f;
  // Everything asked for; the port has source validation to upstream forwarding.
  const pcie::AcsControl taken = set_acs_control(f.bridge, pcie::AcsControl{0x1FFF});
  CHECK(taken.raw() == 0x1F);
  CHECK(f.read(port, 0x106, 2) == 0x1F);
  CHECK(acs_control(f.bridge)->raw() == 0x1F);
}

TEST_CASE("A function without ACS has no control to write", "[software][pci][acs]") {
  Fixture f;
  CHECK_FALSE(acs_control(f.function).has_value());
  CHECK_THROWS_WITH(set_acs_control(f.function, pcie::AcsControl{1}), "01:00.0 has no ACS capability");
}
