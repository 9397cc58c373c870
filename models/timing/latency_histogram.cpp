// SPDX-License-Identifier: Apache-2.0
#include "timing/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace iommusim::timing {
namespace {

constexpr unsigned mantissa_bits = 7;
constexpr std::uint64_t mantissas = std::uint64_t{1} << mantissa_bits;

unsigned exponent_of(std::uint64_t value) {
  if (value < 2 * mantissas) return 0;
  return 63u - mantissa_bits - static_cast<unsigned>(__builtin_clzll(value));
}

/// Values below 256 have a bucket each; above, the leading eight bits name the bucket.
std::size_t bucket_of(std::uint64_t value) {
  const unsigned exponent = exponent_of(value);
  return exponent * mantissas + (value >> exponent);
}

std::uint64_t largest_in(std::size_t bucket) {
  if (bucket < 2 * mantissas) return bucket;
  const unsigned exponent = static_cast<unsigned>(bucket / mantissas) - 1;
  const std::uint64_t leading = bucket - exponent * mantissas;
  return ((leading + 1) << exponent) - 1;
}

}  // namespace

void LatencyHistogram::look_up(Duration latency) {
  last_ = latency;
  last_bucket_ = bucket_of(latency.picoseconds());
  last_nanoseconds_ = latency.as_nanoseconds();
  if (last_bucket_ >= counts_.size()) counts_.resize(last_bucket_ + mantissas);
  min_ = count_ == 0 ? latency : std::min(min_, latency);
  max_ = std::max(max_, latency);
}

double LatencyHistogram::mean_nanoseconds() const {
  return count_ == 0 ? 0.0 : sum_nanoseconds_ / static_cast<double>(count_);
}

Duration LatencyHistogram::percentile(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank && seen != 0) return std::clamp(Duration{largest_in(bucket)}, min_, max_);
  }
  return max_;
}

}  // namespace iommusim::timing
