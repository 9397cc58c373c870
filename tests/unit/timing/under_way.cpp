// SPDX-License-Identifier: Apache-2.0
// Oracle: std::multiset.
#include "timing/under_way.h"

#include "support/random.h"

#include <catch2/catch.hpp>

#include <set>

using namespace iommusim;
using timing::UnderWay;

TEST_CASE("Operations under way end in order, in whatever order they were added", "[timing]") {
  tests::Random random{17};
  UnderWay under_way;
  std::multiset<std::uint64_t> expected;
  for (unsigned i = 0; i < 20'000; ++i) {
    const std::uint64_t end = i + random.below(i % 1000 < 500 ? 3 : 2000);
    under_way.add(Duration{end});
    expected.insert(end);
    if (random.percent(5)) {
      under_way.remove_until(Duration{i});
      expected.erase(expected.begin(), expected.upper_bound(i));
    }
    while (!expected.empty() && random.percent(40)) {
      REQUIRE(under_way.earliest() == Duration{*expected.begin()});
      under_way.remove_earliest();
      expected.erase(expected.begin());
    }
    REQUIRE(under_way.size() == expected.size());
  }
}
