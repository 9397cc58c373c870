// SPDX-License-Identifier: Apache-2.0
// Oracle: an array with one cell per address.
#include "base/interval_map.h"

#include <catch2/catch.hpp>

#include <array>
#include <random>

using namespace iommusim;

namespace {
Range<Iova> range(std::uint64_t first, std::uint64_t last) {
  return {Iova{first}, Iova{last}};
}
}  // namespace

TEST_CASE("An interval map agrees with an array under random assignments and erasures", "[base]") {
  IntervalMap<Iova, int> map;
  std::array<int, 64> cells{};
  std::mt19937 random{7};
  for (int step = 0; step < 5000; ++step) {
    const std::uint64_t a = random() % 64;
    const std::uint64_t b = random() % 64;
    const auto where = range(std::min(a, b), std::max(a, b));
    const int value = static_cast<int>(random() % 5);
    if (value == 0) {
      map.erase(where);
    } else {
      map.assign(where, value);
    }
    for (std::uint64_t i = where.first.value(); i <= where.last.value(); ++i)
      cells[i] = value;
    for (std::uint64_t i = 0; i < 64; ++i) {
      const auto* entry = map.find(Iova{i});
      REQUIRE((entry == nullptr ? 0 : entry->value) == cells[i]);
    }
  }
}

TEST_CASE("Inserting over an existing entry is refused and changes nothing", "[base]") {
  IntervalMap<Iova, int> map;
  REQUIRE(map.insert(range(10, 20), 1));
  CHECK_FALSE(map.insert(range(20, 30), 2));
  CHECK_FALSE(map.insert(range(0, 100), 2));
  CHECK(map.size() == 1);
  CHECK(map.insert(range(21, 30), 2));
}

TEST_CASE("Ranges reach the top of the address space", "[base]") {
  IntervalMap<Iova, int> map;
  map.assign(Range<Iova>::everything(), 1);
  map.erase(range(0x1000, 0x1FFF));
  REQUIRE(map.find(Iova{~std::uint64_t{0}}) != nullptr);
  CHECK(map.find(Iova{0x1800}) == nullptr);
  CHECK(map.size() == 2);
  CHECK_FALSE(Range<Iova>::from_size(Iova{~std::uint64_t{0}}, 2).has_value());
  CHECK(Range<Iova>::from_size(Iova{~std::uint64_t{0}}, 1).has_value());
}
