// SPDX-License-Identifier: Apache-2.0
// Latencies by count, in constant memory: percentiles to within one part in 128.
#pragma once

#include "base/quantity.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::timing {

/// Buckets grow with the value: 128 to each power of two.
class LatencyHistogram {
 public:
  void add(Duration latency) {
    // Under a steady load most take as long as the one before.
    if (latency != last_ || counts_.empty()) look_up(latency);
    ++counts_[last_bucket_];
    sum_nanoseconds_ += last_nanoseconds_;
    ++count_;
  }

  std::uint64_t count() const { return count_; }
  /// All 0 while nothing was counted.
  Duration min() const { return count_ == 0 ? Duration{} : min_; }
  Duration max() const { return max_; }
  double mean_nanoseconds() const;
  /// The value that `share` of all do not exceed; 0 < share <= 1.
  Duration percentile(double share) const;

 private:
  void look_up(Duration latency);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  Duration min_;
  Duration max_;
  double sum_nanoseconds_ = 0.0;
  /// The latency that was added last, its bucket, and what it adds to the sum.
  Duration last_;
  std::size_t last_bucket_ = 0;
  double last_nanoseconds_ = 0.0;
};

}  // namespace iommusim::timing
