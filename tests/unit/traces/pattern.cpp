// SPDX-License-Identifier: Apache-2.0
// Oracle: the pattern's definition in traces/pattern.h, applied to each byte.
#include "traces/pattern.h"

#include <catch2/catch.hpp>

#include <array>

using namespace iommusim;

TEST_CASE("A pattern of any place and size has the bytes of its addresses, and no byte more", "[traces]") {
  const RequesterId requester{0x3A, 4, 1};
  for (std::uint64_t offset = 0; offset < 16; ++offset) {
    for (std::uint64_t size = 0; size < 40; ++size) {
      std::array<std::uint8_t, 48> bytes{};
      bytes.fill(0xEE);
      const BusAddr address{0x12'3456'7800 + offset};
      traces::fill_pattern(requester, address, bytes.data(), size);
      for (std::uint64_t i = 0; i < size; ++i) {
        const std::uint64_t at = address.value() + i;
        const std::uint64_t word = std::uint64_t{0x3A21} << 48 ^ at / 8 * 8;
        REQUIRE(bytes[i] == (word >> at % 8 * 8 & 0xFF));
      }
      REQUIRE(bytes[size] == 0xEE);
    }
  }
}
