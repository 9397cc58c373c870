// SPDX-License-Identifier: Apache-2.0
// Oracle: the arithmetic of one server, and that no more time is given away than there is.
#include "timing/calendar.h"

#include "support/random.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using timing::Calendar;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

}  // namespace

TEST_CASE("A calendar that is asked in order serves first come, first served", "[timing]") {
  Calendar calendar;
  CHECK(calendar.reserve(ns(100), ns(10)) == ns(100));
  CHECK(calendar.reserve(ns(101), ns(10)) == ns(110));
  CHECK(calendar.reserve(ns(101), ns(5)) == ns(120));
  CHECK(calendar.reserve(ns(400), ns(5)) == ns(400));
}

TEST_CASE("A reservation for later does not block what is asked for earlier", "[timing]") {
  Calendar calendar;
  CHECK(calendar.reserve(ns(1000), ns(50)) == ns(1000));
  CHECK(calendar.reserve(ns(100), ns(10)) == ns(100));
  CHECK(calendar.reserve(ns(2000), ns(10)) == ns(2000));
}

TEST_CASE("A calendar never gives more time away than there is", "[timing]") {
  Calendar calendar;
  tests::Random random{7};
  Duration given;
  Duration last;
  for (int i = 0; i < 2000; ++i) {
    const Duration at = ns(random.below(20'000));
    const Duration length = Duration{1000 + random.below(20'000)};
    const Duration start = calendar.reserve(at, length);
    CHECK(start >= at);
    given += length;
    last = std::max(last, start + length);
  }
  // 2000 reservations of 11 ns on average ask for more than the 20 us in which all want to begin.
  CHECK(last >= given);
  // And it wastes little: idle time is what nobody asked for.
  CHECK(last < given + ns(1000));
}

TEST_CASE("A calendar forgets the past and goes on", "[timing]") {
  Calendar calendar;
  for (std::uint64_t i = 0; i < 100; ++i)
    CHECK(calendar.reserve(ns(i * 1'000'000), ns(10)) == ns(i * 1'000'000));
}

TEST_CASE("A reservation of days takes no longer than one of nanoseconds", "[timing]") {
  Calendar calendar;
  const Duration day = ns(86'400'000'000'000);
  CHECK(calendar.reserve(ns(5), day) == ns(5));
  CHECK(calendar.reserve(ns(6), ns(1)) == ns(5) + day);
}
