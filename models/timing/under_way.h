// SPDX-License-Identifier: Apache-2.0
// When the operations end that are under way.
#pragma once

#include "base/quantity.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace iommusim::timing {

/// Ends in ascending order. They are nearly always added in that order, and always taken from its beginning.
class UnderWay {
 public:
  std::size_t size() const { return ends_.size() - gone_; }
  bool empty() const { return size() == 0; }
  Duration earliest() const { return ends_[gone_]; }

  void add(Duration end) {
    const auto first = ends_.begin() + static_cast<std::ptrdiff_t>(gone_);
    const bool is_latest = empty() || ends_.back() <= end;
    ends_.insert(is_latest ? ends_.end() : std::upper_bound(first, ends_.end(), end), end);
  }
  void remove_earliest() {
    ++gone_;
    // Room is made rarely, and kept.
    if (gone_ < least_gone || gone_ < size()) return;
    ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(gone_));
    gone_ = 0;
  }
  /// What ended at `now` or before.
  void remove_until(Duration now) {
    while (!empty() && earliest() <= now)
      remove_earliest();
  }

 private:
  static constexpr std::size_t least_gone = 256;

  std::vector<Duration> ends_;
  /// Of the vector's beginning.
  std::size_t gone_ = 0;
};

}  // namespace iommusim::timing
