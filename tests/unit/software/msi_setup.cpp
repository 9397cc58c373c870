// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.7.1 and 7.7.2 (layouts as raw offsets) and the Intel SDM's message format.
#include "software/msi_setup.h"

#include "software/driver_error.h"
#include "software/interrupt_setup.h"
#include "software/pci_setup.h"
#include "support/config_bus.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;
using tests::ConfigBus;

namespace {

constexpr RequesterId device{1, 0, 0};
constexpr PhysAddr bar0{0xC000'0000};

pcie::FunctionConfig with_msi(unsigned vectors, bool is_64bit) {
  pcie::FunctionConfig config;
  config.vendor_id = 0x1234;
  config.msi = pcie::MsiConfig{vectors, is_64bit, false};
  return config;
}

pcie::FunctionConfig with_msix(unsigned vectors) {
  pcie::FunctionConfig config;
  config.vendor_id = 0x1234;
  config.bars = {{0, 0x1'0000, false, false}};
  config.msix = pcie::MsixConfig{vectors, 0, 0x2000, 0, 0x3000};
  return config;
}

struct Fixture {
  explicit Fixture(const pcie::FunctionConfig& config) { bus.add(device, config); }
  std::uint32_t read(unsigned offset, unsigned width) { return bus.config_read(0, device, offset, width); }
  unsigned msi() const { return *function.find(pcie::CapabilityId::msi); }
  unsigned msix() const { return *function.find(pcie::CapabilityId::msix); }

  ConfigBus bus;
  PciFunction function{bus, 0, device};
};

}  // namespace

TEST_CASE("A message carries the APIC ID in address bits 19:12 and the vector in the data", "[software][msi]") {
  const auto message = msi_message(0x5A, 0x31);
  CHECK(message.address == BusAddr{0xFEE5'A000});
  CHECK(message.data == 0x31);
}

TEST_CASE("MSI with a 64-bit address has its data at offset 12", "[software][msi]") {
  Fixture f{with_msi(8, true)};
  CHECK(msi_vectors(f.function) == 8);
  program_msi(f.function, {BusAddr{0x7'FEE0'1000}, 0x44}, 4);
  CHECK(f.read(f.msi() + 4, 4) == 0xFEE0'1000);
  CHECK(f.read(f.msi() + 8, 4) == 7);
  CHECK(f.read(f.msi() + 12, 2) == 0x44);
  // Enable, 2^3 capable, 2^2 enabled, 64-bit.
  CHECK(f.read(f.msi() + 2, 2) == (1u | 3u << 1 | 2u << 4 | 1u << 7));
}

TEST_CASE("MSI with a 32-bit address has its data at offset 8", "[software][msi]") {
  Fixture f{with_msi(1, false)};
  program_msi(f.function, msi_message(1, 0x31), 1);
  CHECK(f.read(f.msi() + 4, 4) == 0xFEE0'1000);
  CHECK(f.read(f.msi() + 8, 2) == 0x31);
  CHECK(f.read(f.msi() + 2, 2) == 1);
  CHECK_THROWS_AS(program_msi(f.function, {BusAddr{0x1'FEE0'0000}, 0x31}, 1), DriverError);
}

TEST_CASE("MSI vectors must be an aligned power of two that the function has", "[software][msi]") {
  Fixture f{with_msi(4, true)};
  CHECK_THROWS_AS(program_msi(f.function, msi_message(0, 0x40), 3), DriverError);
  CHECK_THROWS_AS(program_msi(f.function, msi_message(0, 0x40), 0), DriverError);
  CHECK_THROWS_AS(program_msi(f.function, msi_message(0, 0x40), 8), DriverError);
  CHECK_THROWS_AS(program_msi(f.function, msi_message(0, 0x42), 4), DriverError);
  CHECK(f.read(f.msi() + 2, 2) % 2 == 0);
  CHECK_NOTHROW(program_msi(f.function, msi_message(0, 0x42), 2));
}

TEST_CASE("A function without MSI has no vectors", "[software][msi]") {
  Fixture f{with_msix(1)};
  CHECK(msi_vectors(f.function) == 0);
  CHECK_THROWS_AS(program_msi(f.function, msi_message(0, 0x40), 1), DriverError);
}

TEST_CASE("The MSI-X table is found through its capability", "[software][msix]") {
  Fixture f{with_msix(5)};
  const auto table = msix_table(f.function);
  REQUIRE(table.has_value());
  CHECK(table->bar == 0);
  CHECK(table->offset == 0x2000);
  CHECK(table->vectors == 5);
  Fixture without{with_msi(1, true)};
  CHECK_FALSE(msix_table(without.function).has_value());
  CHECK_THROWS_AS(program_msix(without.function, bar0, {}), DriverError);
}

TEST_CASE("Programmed MSI-X entries are unmasked, the others masked, and MSI-X is enabled", "[software][msix]") {
  Fixture f{with_msix(3)};
  program_msix(f.function, bar0, {{0, msi_message(1, 0x30)}, {2, {BusAddr{0x2'FEE0'3000}, 0x32}}});
  const PhysAddr table = bar0 + 0x2000;
  CHECK(f.bus.load64(table) == 0xFEE0'1000);
  CHECK(f.bus.load64(table + 8) == 0x30);
  CHECK(f.bus.load32(table + 16 + 12) == 1);
  CHECK(f.bus.load64(table + 32) == 0x2'FEE0'3000);
  CHECK(f.bus.load64(table + 40) == 0x32);
  // Enabled, not masked, three vectors.
  CHECK(f.read(f.msix() + 2, 2) == (0x8000u | 2u));
}

TEST_CASE("Programming MSI-X again masks what is not asked for any more", "[software][msix]") {
  Fixture f{with_msix(2)};
  program_msix(f.function, bar0, {{0, msi_message(1, 0x30)}});
  program_msix(f.function, bar0, {{1, msi_message(1, 0x31)}});
  CHECK(f.bus.load32(bar0 + 0x2000 + 12) == 1);
  CHECK(f.bus.load32(bar0 + 0x2000 + 16 + 12) == 0);
}

TEST_CASE("An MSI-X vector outside the table, or a table that does not answer, is refused", "[software][msix]") {
  Fixture f{with_msix(2)};
  CHECK_THROWS_AS(program_msix(f.function, bar0, {{2, msi_message(1, 0x30)}}), DriverError);
  CHECK_THROWS_WITH(program_msix(f.function, PhysAddr{0xD000'0000}, {{0, msi_message(1, 0x30)}}),
                    "no MSI-X table answers at 0xd0002000");
  CHECK((f.read(f.msix() + 2, 2) & 0x8000) == 0);
}
