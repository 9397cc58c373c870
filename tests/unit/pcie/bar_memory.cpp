// SPDX-License-Identifier: Apache-2.0
// Oracle: the bounds of the BARs, which are written and read back.
#include "pcie/bar_memory.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::pcie;

namespace {

constexpr std::uint64_t large = std::uint64_t{1} << 40;

/// BAR 0: 4 KiB, BAR 2: 1 TiB.
BarMemory two_bars() {
  return BarMemory{{0x1000, 0, large, 0, 0, 0}};
}

bool write(BarMemory& bars, std::uint8_t bar, std::uint64_t offset, std::uint32_t value) {
  return bars.write(bar, offset, &value, sizeof value);
}
std::optional<std::uint32_t> read(const BarMemory& bars, std::uint8_t bar, std::uint64_t offset) {
  std::uint32_t value = 0;
  if (!bars.read(bar, offset, &value, sizeof value)) return std::nullopt;
  return value;
}

}  // namespace

TEST_CASE("A BAR keeps what was written, and is zero before", "[pcie]") {
  BarMemory bars = two_bars();
  CHECK(read(bars, 0, 0x10) == 0U);
  CHECK(write(bars, 0, 0x10, 0x1111));
  CHECK(write(bars, 2, 0x10, 0x2222));
  CHECK(write(bars, 2, large - 4, 0x3333));
  CHECK(read(bars, 0, 0x10) == 0x1111U);
  CHECK(read(bars, 2, 0x10) == 0x2222U);
  CHECK(read(bars, 2, large - 4) == 0x3333U);
}

TEST_CASE("Beyond its end, and where there is no BAR, nothing is read or written", "[pcie]") {
  BarMemory bars = two_bars();
  const std::uint64_t before = bars.digest();
  for (const auto& [bar, offset] : std::vector<std::pair<int, std::uint64_t>>{{0, 0x1000},
                                                                              {0, 0xFFD},
                                                                              {1, 0},
                                                                              {2, large},
                                                                              {2, large - 3},
                                                                              {6, 0},
                                                                              {255, 0},
                                                                              {0, std::uint64_t{1} << 61}}) {
    CAPTURE(bar, offset);
    CHECK_FALSE(write(bars, static_cast<std::uint8_t>(bar), offset, 0xDEAD));
    CHECK(read(bars, static_cast<std::uint8_t>(bar), offset) == std::nullopt);
  }
  CHECK(bars.digest() == before);
}

TEST_CASE("An offset that would reach the next BAR's storage is beyond the end", "[pcie]") {
  BarMemory bars{{0x1000, 0x1000, 0, 0, 0, 0}};
  CHECK(write(bars, 1, 0, 0x55));
  for (unsigned shift = 13; shift < 64; ++shift)
    CHECK(read(bars, 0, std::uint64_t{1} << shift) == std::nullopt);
}

TEST_CASE("The digest of BARs tells in which BAR the content is", "[pcie]") {
  BarMemory first{{0x1000, 0x1000, 0, 0, 0, 0}};
  BarMemory second{{0x1000, 0x1000, 0, 0, 0, 0}};
  CHECK(first.digest() == second.digest());
  write(first, 0, 8, 1);
  write(second, 1, 8, 1);
  CHECK(first.digest() != second.digest());
}
