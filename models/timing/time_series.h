// SPDX-License-Identifier: Apache-2.0
// Counts by intervals of time, in constant memory: a run that is longer gets wider intervals.
#pragma once

#include "base/quantity.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::timing {

/// One of the figures that a series has for each interval.
struct SeriesColumn {
  const char* name = "";
  /// "bytes", "ns"; empty: a count.
  const char* unit = "";
  const char* description = "";
  /// The largest of the interval counts, instead of the sum.
  bool is_peak = false;
};

class TimeSeries {
 public:
  static constexpr std::size_t most_intervals = 4096;

  /// Precondition: `interval` is not zero. The columns must outlive it.
  template <std::size_t Count>
  TimeSeries(Duration interval, const std::array<SeriesColumn, Count>& columns)
      : interval_{interval}, columns_{columns.data()}, column_count_{Count} {}

  /// Times may come in any order.
  void add(Duration at, std::size_t column, std::uint64_t amount);
  /// Forgets what was counted.
  void restart() { values_.clear(); }
  /// Joins neighbours until each interval is at least so long.
  void widen_to(Duration interval);

  Duration interval() const { return interval_; }
  std::size_t column_count() const { return column_count_; }
  const SeriesColumn& column(std::size_t index) const { return columns_[index]; }
  /// From time 0 on, up to the last interval that counted something.
  std::vector<std::uint64_t> values(std::size_t column) const;

 private:
  void widen();
  void join(std::uint64_t& value, std::size_t column, std::uint64_t amount) const;

  Duration interval_;
  const SeriesColumn* columns_;
  std::size_t column_count_;
  /// Row by row.
  std::vector<std::uint64_t> values_;
};

}  // namespace iommusim::timing
