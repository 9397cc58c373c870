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
  /// Few devices have more under way: what is added later takes no memory.
  UnderWay() { line_.reserve(2 * least_gone); }

  std::size_t size() const { return line_.size() - gone_ + others_.size(); }
  bool empty() const { return size() == 0; }
  Duration earliest() const { return takes_other() ? others_.top() : line_[gone_]; }

  void add(Duration end) {
    if (line_.size() == gone_) clear_line();
    const bool is_latest = line_.empty() || line_.back() <= end;
    if (is_latest)
      line_.push_back(end);
    else
      others_.push(end);
  }
  void remove_earliest() {
    if (takes_other()) return others_.pop();
    ++gone_;
    make_room();
  }
  /// What ended at `now` or before.
  void remove_until(Duration now) {
    while (gone_ != line_.size() && line_[gone_] <= now)
      ++gone_;
    while (!others_.empty() && others_.top() <= now)
      others_.pop();
    make_room();
  }

 private:
  static constexpr std::size_t least_gone = 256;

  void clear_line() {
    line_.clear();
    gone_ = 0;
  }
  /// Rarely, and what was there is kept.
  void make_room() {
    if (gone_ < least_gone || gone_ < line_.size() - gone_) return;
    line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(gone_));
    gone_ = 0;
  }
  bool takes_other() const { return !others_.empty() && (line_.size() == gone_ || others_.top() < line_[gone_]); }

  std::vector<Duration> line_;
  /// Of the line's beginning.
  std::size_t gone_ = 0;
  std::priority_queue<Duration, std::vector<Duration>, std::greater<>> others_;
};

}  // namespace iommusim::timing
