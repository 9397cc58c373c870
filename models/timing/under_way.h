// SPDX-License-Identifier: Apache-2.0
// When the operations end that are under way.
#pragma once

#include "base/quantity.h"

#include <cstddef>
#include <functional>
#include <queue>
#include <vector>

namespace iommusim::timing {

/// Most ends are added in ascending order, and wait in line. One that is earlier than the last of the line goes to the
/// others, so that an operation that ends in the far future costs those behind it little.
class UnderWay {
 public:
  std::size_t size() const { return line_.size() - gone_ + others_.size(); }
  bool empty() const { return size() == 0; }
  Duration earliest() const { return takes_other() ? others_.top() : line_[gone_]; }

  void add(Duration end) {
    const bool is_latest = line_.size() == gone_ || line_.back() <= end;
    if (is_latest)
      line_.push_back(end);
    else
      others_.push(end);
  }
  void remove_earliest() {
    if (takes_other()) return others_.pop();
    ++gone_;
    // Room is made rarely, and kept.
    if (gone_ < least_gone || gone_ < line_.size() - gone_) return;
    line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(gone_));
    gone_ = 0;
  }
  /// What ended at `now` or before.
  void remove_until(Duration now) {
    while (!empty() && earliest() <= now)
      remove_earliest();
  }

 private:
  static constexpr std::size_t least_gone = 256;

  bool takes_other() const { return !others_.empty() && (line_.size() == gone_ || others_.top() < line_[gone_]); }

  std::vector<Duration> line_;
  /// Of the line's beginning.
  std::size_t gone_ = 0;
  std::priority_queue<Duration, std::vector<Duration>, std::greater<>> others_;
};

}  // namespace iommusim::timing
