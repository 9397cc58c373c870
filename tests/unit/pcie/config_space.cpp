// SPDX-License-Identifier: Apache-2.0
// Oracle: write rules of the PCIe base specification, 7.4, applied by hand.
#include "pcie/config_space.h"

#include <catch2/catch.hpp>

#include <stdexcept>

using iommusim::pcie::ConfigSpace;

TEST_CASE("A write changes the writable bits of a register and no others", "[pcie]") {
  ConfigSpace space;
  space.define({0x44, 4, 0xA5A5'0000, 0x0000'FFF0});
  space.write(0x44, 4, 0xFFFF'FFFF);
  CHECK(space.read(0x44, 4) == 0xA5A5'FFF0);
  space.write(0x44, 4, 0x0000'1234);
  CHECK(space.read(0x44, 4) == 0xA5A5'1230);
}

TEST_CASE("Writing one to a RW1C bit clears it and writing zero keeps it", "[pcie]") {
  ConfigSpace space;
  space.define({0x06, 2, 0x0010, 0, 0xF900});
  space.latch(0x06, 2, 0x3000);
  CHECK(space.read(0x06, 2) == 0x3010);
  space.write(0x06, 2, 0x0000);
  CHECK(space.read(0x06, 2) == 0x3010);
  space.write(0x06, 2, 0x1000);
  CHECK(space.read(0x06, 2) == 0x2010);
}

TEST_CASE("Registers are little-endian bytes that can be accessed singly", "[pcie]") {
  ConfigSpace space;
  space.define({0x40, 4, 0x4433'2211, 0xFFFF'FFFF});
  CHECK(space.read(0x41, 1) == 0x22);
  CHECK(space.read(0x42, 2) == 0x4433);
  space.write(0x42, 1, 0xAB);
  CHECK(space.read(0x40, 4) == 0x44AB'2211);
}

TEST_CASE("An unaligned, oversized or foreign access reads all-ones and writes nothing", "[pcie]") {
  ConfigSpace space;
  space.define({0x40, 4, 0, 0xFFFF'FFFF});
  space.define({0x44, 4, 0, 0xFFFF'FFFF});
  CHECK(space.read(0x41, 2) == 0xFFFF);
  CHECK(space.read(0x42, 4) == 0xFFFF'FFFF);
  CHECK(space.read(0x40, 3) == 0xFFFF'FFFF);
  CHECK(space.read(0x1000, 1) == 0xFF);
  space.write(0x42, 4, 0xFFFF'FFFF);
  space.write(0x41, 2, 0xFFFF);
  space.write(0x1000, 4, 0xFFFF'FFFF);
  CHECK(space.read(0x40, 4) == 0);
  CHECK(space.read(0x44, 4) == 0);
  CHECK_THROWS_AS(space.define({0x42, 4}), std::invalid_argument);
}
