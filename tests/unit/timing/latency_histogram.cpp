// SPDX-License-Identifier: Apache-2.0
// Oracle: the definition of a percentile over sorted values; the histogram may be off by one part in 128.
#include "timing/latency_histogram.h"

#include "support/random.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace iommusim;
using timing::LatencyHistogram;

TEST_CASE("A histogram of nothing is all zeros", "[timing]") {
  const LatencyHistogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.min() == Duration{});
  CHECK(histogram.mean_nanoseconds() == 0.0);
  CHECK(histogram.percentile(0.5) == Duration{});
}

TEST_CASE("Small values are exact", "[timing]") {
  LatencyHistogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value)
    histogram.add(Duration{value});
  CHECK(histogram.percentile(0.5) == Duration{50});
  CHECK(histogram.percentile(0.99) == Duration{99});
  CHECK(histogram.percentile(1.0) == Duration{100});
  CHECK(histogram.min() == Duration{1});
  CHECK(histogram.mean_nanoseconds() == Approx(0.0505));
}

TEST_CASE("Percentiles are within one part in 128 of the sorted values", "[timing]") {
  LatencyHistogram histogram;
  tests::Random random{3};
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(1000 + random.below(std::uint64_t{1} << (10 + random.below(30))));
    histogram.add(Duration{values.back()});
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 10'000)) - 1;
    const auto expected = static_cast<double>(values[rank]);
    CHECK(static_cast<double>(histogram.percentile(share).picoseconds()) == Approx(expected).epsilon(1.0 / 128));
  }
}
