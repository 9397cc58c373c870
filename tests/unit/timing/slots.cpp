// SPDX-License-Identifier: Apache-2.0
// Oracle: places that are taken and come free.
#include "timing/slots.h"

#include "support/random.h"

#include <catch2/catch.hpp>

#include <set>

using namespace iommusim;
using timing::LineBuffer;
using timing::Slots;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

}  // namespace

TEST_CASE("The slot that comes free first is taken first", "[timing]") {
  Slots slots{2};
  slots.take(ns(30));
  CHECK(slots.earliest() == Duration{});
  slots.take(ns(10));
  CHECK(slots.earliest() == ns(10));
  slots.take(ns(50));
  CHECK(slots.earliest() == ns(30));
}

TEST_CASE("Slots come free in the order of their ends, whatever the order of taking", "[timing]") {
  tests::Random random{5};
  for (const std::size_t count : {1, 2, 7, 64}) {
    Slots slots{count};
    std::multiset<std::uint64_t> ends;
    for (std::size_t i = 0; i < count; ++i)
      ends.insert(0);
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const std::size_t at_once = random.below(count) + 1;
      for (std::size_t taken = 0; taken < at_once; ++taken) {
        REQUIRE(slots.earliest() == Duration{*ends.begin()});
        REQUIRE(slots.acquire() == Duration{*ends.begin()});
        ends.erase(ends.begin());
      }
      for (std::size_t taken = 0; taken < at_once; ++taken) {
        const std::uint64_t end = 10 * i + random.below(100);
        slots.release_at(Duration{end});
        ends.insert(end);
      }
    }
  }
}

TEST_CASE("Lines come free in the order in which they were taken", "[timing]") {
  LineBuffer buffer{4};
  buffer.take(3, ns(10));
  CHECK(buffer.earliest(1) == Duration{});
  CHECK(buffer.earliest(2) == ns(10));
  buffer.take(1, ns(20));
  buffer.take(3, ns(30));
  CHECK(buffer.earliest(1) == ns(20));
  CHECK(buffer.earliest(2) == ns(30));
}

TEST_CASE("More lines than there are count as all of them", "[timing]") {
  LineBuffer buffer{2};
  buffer.take(100, ns(10));
  CHECK(buffer.earliest(100) == ns(10));
}
