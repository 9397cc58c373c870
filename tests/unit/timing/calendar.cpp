// SPDX-License-Identifier: Apache-2.0
// Oracle: the arithmetic of one server, and that no more time is given away than there is.
#include "timing/calendar.h"

#include "support/random.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <optional>

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

namespace {

/// The same promises, with every bucket in one table: nothing is open, nothing is forgotten before its time is asked
/// for.
class TableOfBuckets {
 public:
  std::uint64_t reserve(std::uint64_t at, std::uint64_t length) {
    if (length == 0) return at;
    if (at < latest_) return fill(std::max(at, oldest_ * bucket_length), length);
    const std::uint64_t begin = fill(std::max(at, latest_end_), length);
    latest_ = at;
    latest_end_ = begin + length;
    return begin;
  }

 private:
  static constexpr std::uint64_t bucket_length = std::uint64_t{1} << 16;
  static constexpr std::uint64_t remembered = 4096;

  std::uint64_t fill(std::uint64_t from, std::uint64_t length) {
    std::optional<std::uint64_t> begin;
    for (std::uint64_t bucket = from / bucket_length; length != 0; ++bucket) {
      if (bucket >= remembered) oldest_ = std::max(oldest_, bucket - (remembered - 1));
      const std::uint64_t first = std::max(from, bucket * bucket_length);
      std::uint64_t& taken = taken_[bucket];
      const std::uint64_t piece = std::min({length, bucket_length - taken, (bucket + 1) * bucket_length - first});
      if (piece != 0 && !begin) begin = first;
      taken += piece;
      length -= piece;
    }
    return *begin;
  }

  std::map<std::uint64_t, std::uint64_t> taken_;
  std::uint64_t oldest_ = 0;
  std::uint64_t latest_ = 0;
  std::uint64_t latest_end_ = 0;
};

}  // namespace

TEST_CASE("A calendar answers as a table of all buckets does, in order and out of order", "[timing]") {
  tests::Random random{31};
  for (int round = 0; round < 20; ++round) {
    Calendar calendar;
    TableOfBuckets table;
    std::uint64_t now = random.below(1'000'000);
    for (int i = 0; i < 3000; ++i) {
      // Mostly a little later; now and then a bucket's length or a whole memory of buckets later, or something earlier.
      const std::uint64_t kind = random.below(100);
      now += kind < 80 ? random.below(30'000) : kind < 98 ? random.below(200'000) : random.below(400'000'000);
      const std::uint64_t back = kind % 10 == 0 ? random.below(10'000'000) : 0;
      const std::uint64_t at = now - std::min(now, back);
      const std::uint64_t length = kind == 50 ? random.below(3'000'000) : random.below(25'000);
      REQUIRE(calendar.reserve(Duration{at}, Duration{length}).picoseconds() == table.reserve(at, length));
    }
  }
}
