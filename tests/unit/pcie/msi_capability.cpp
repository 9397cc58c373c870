// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.7.1, worked out by hand.
#include "pcie/msi_capability.h"

#include "pcie/function_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;

namespace {

// MSI follows the 0x3C bytes of the PCI Express capability.
constexpr unsigned at = 0x7C;

ConfigSpace function(bool is_64bit, bool masking) {
  FunctionConfig config;
  config.msi = MsiConfig{4, is_64bit, masking};
  ConfigSpace space = build_config_space(config);
  REQUIRE(space.read(at, 1) == 0x05);
  return space;
}

}  // namespace

TEST_CASE("A 64-bit MSI carries its vector in the low bits of the data", "[pcie]") {
  ConfigSpace space = function(true, false);
  space.write(at + 4, 4, 0xFEE0'1000);
  space.write(at + 8, 4, 0x0000'0001);
  space.write(at + 12, 2, 0x4043);
  space.write(at + 2, 2, 0x0021);  // Enable, 2^2 vectors.
  const auto message = msi_message(space, 2);
  REQUIRE(message);
  CHECK(message->address == BusAddr{0x1'FEE0'1000});
  CHECK(message->data == 0x4042);
  CHECK_FALSE(msi_message(space, 4));
}

TEST_CASE("A function without enabled MSI sends no message", "[pcie]") {
  CHECK_FALSE(msi_message(function(true, false), 0));
  CHECK_FALSE(msi_message(build_config_space(FunctionConfig{}), 0));
}

TEST_CASE("A 32-bit MSI with masking has its data at 8 and its mask at 12", "[pcie]") {
  ConfigSpace space = function(false, true);
  space.write(at + 4, 4, 0xFEE0'0000);
  space.write(at + 8, 2, 0x0030);
  space.write(at + 12, 4, 0x0000'0002);
  space.write(at + 2, 2, 0x0021);
  REQUIRE(msi_message(space, 0));
  CHECK(msi_message(space, 0)->data == 0x30);
  CHECK_FALSE(msi_message(space, 1));
}
