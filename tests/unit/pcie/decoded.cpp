// SPDX-License-Identifier: Apache-2.0
// Oracle: PCIe base specification, 7.5.1 and 7.5.3, worked out by hand.
#include "pcie/decoded.h"

#include "pcie/function_builder.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;

namespace {

ConfigSpace port() {
  FunctionConfig config;
  config.type = PortType::downstream_port;
  config.acs = AcsCapability{0x28FF};
  return build_config_space(config);
}

Range<BusAddr> range(std::uint64_t first, std::uint64_t last) {
  return {BusAddr{first}, BusAddr{last}};
}

}  // namespace

TEST_CASE("BARs decode with their address and size once Memory Space is enabled", "[pcie]") {
  FunctionConfig config;
  config.bars = {{0, 0x1000, false, false}, {2, 0x2'0000'0000, true, true}, {4, 0x80, false, false}};
  ConfigSpace space = build_config_space(config);
  space.write(0x10, 4, 0xFEB0'0000);
  space.write(0x1C, 4, 0x0000'0040);
  CHECK_FALSE(decode(space).bars[0]);
  space.write(0x04, 2, 0x0002);
  const Decoded decoded = decode(space);
  CHECK(decoded.bars[0] == range(0xFEB0'0000, 0xFEB0'0FFF));
  CHECK_FALSE(decoded.bars[1]);
  CHECK(decoded.bars[2] == range(0x40'0000'0000, 0x41'FFFF'FFFF));
  CHECK_FALSE(decoded.bars[3]);
  CHECK_FALSE(decoded.bars[4]);  // Never programmed.
}

TEST_CASE("The prefetchable window takes its upper registers", "[pcie]") {
  ConfigSpace space = port();
  space.write(0x24, 2, 0x0000);
  space.write(0x26, 2, 0x7FF0);
  space.write(0x28, 4, 0x0000'0040);
  space.write(0x2C, 4, 0x0000'0041);
  const Decoded decoded = decode(space);
  CHECK_FALSE(decoded.windows[0]);
  CHECK(decoded.windows[1] == range(0x40'0000'0000, 0x41'7FFF'FFFF));
}

TEST_CASE("ACS controls, the egress vector and the TLP sizes are decoded", "[pcie]") {
  ConfigSpace space = port();
  space.write(0x106, 2, 0x002D);
  space.write(0x10C, 4, 0x0000'0082);
  space.write(0x48, 2, 0x5040);
  const Decoded decoded = decode(space);
  CHECK(decoded.has_acs);
  CHECK(decoded.acs.raw() == 0x002D);
  CHECK(decoded.egress_control.count() == 2);
  CHECK(decoded.egress_control[33]);
  CHECK(decoded.egress_control[39]);
  CHECK(decoded.max_payload == 512);
  CHECK(decoded.max_read_request == 4096);
}

TEST_CASE("A captured control bit without its capability bit has no effect", "[pcie]") {
  ConfigSpace space = port();
  space.define({0x104, 2, 0x0001});
  space.define({0x106, 2, 0xFFFF});
  CHECK(decode(space).acs.raw() == 0x0001);
}
