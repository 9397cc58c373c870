// SPDX-License-Identifier: Apache-2.0
#include "timing/time_series.h"

#include <algorithm>

namespace iommusim::timing {

void TimeSeries::join(std::uint64_t& value, std::size_t column, std::uint64_t amount) const {
  value = columns_[column].is_peak ? std::max(value, amount) : value + amount;
}

void TimeSeries::add(Duration at, std::size_t column, std::uint64_t amount) {
  std::uint64_t row = at.picoseconds() / interval_.picoseconds();
  while (row >= most_intervals) {
    widen();
    row /= 2;
  }
  const std::size_t needed = static_cast<std::size_t>(row + 1) * column_count_;
  if (values_.size() < needed) values_.resize(needed);
  join(values_[static_cast<std::size_t>(row) * column_count_ + column], column, amount);
}

void TimeSeries::widen() {
  interval_ = interval_ * 2;
  const std::size_t rows = values_.size() / column_count_;
  for (std::size_t row = 1; row < rows; ++row)
    for (std::size_t column = 0; column < column_count_; ++column) {
      const std::uint64_t amount = values_[row * column_count_ + column];
      std::uint64_t& target = values_[row / 2 * column_count_ + column];
      if (row % 2 == 0)
        target = amount;
      else
        join(target, column, amount);
    }
  values_.resize((rows + 1) / 2 * column_count_);
}

void TimeSeries::widen_to(Duration interval) {
  while (interval_ < interval)
    widen();
}

std::vector<std::uint64_t> TimeSeries::values(std::size_t column) const {
  std::vector<std::uint64_t> result;
  result.reserve(values_.size() / column_count_);
  for (std::size_t at = column; at < values_.size(); at += column_count_)
    result.push_back(values_[at]);
  return result;
}

}  // namespace iommusim::timing
