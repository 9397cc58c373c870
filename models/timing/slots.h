// SPDX-License-Identifier: Apache-2.0
// A fixed number of equal places, each free or taken until a known time.
#pragma once

#include "base/quantity.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace iommusim::timing {

/// Places are taken by who asks first and come free at any time: tags, transmit buffers, walkers.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_at_(std::max<std::size_t>(count, 1)) {}

  /// When the first place comes free.
  Duration earliest() const { return free_at_.front(); }
  /// Takes that place until `end`.
  void take(Duration end) {
    std::size_t place = 0;
    for (;;) {
      std::size_t below = 2 * place + 1;
      if (below >= free_at_.size()) break;
      if (below + 1 < free_at_.size() && free_at_[below + 1] < free_at_[below]) ++below;
      if (end <= free_at_[below]) break;
      free_at_[place] = free_at_[below];
      place = below;
    }
    free_at_[place] = end;
  }
  /// The same for who does not know the end yet: when the place is free. Precondition: not all are acquired.
  Duration acquire() {
    std::pop_heap(free_at_.begin(), free_at_.end(), std::greater<>{});
    const Duration free = free_at_.back();
    free_at_.pop_back();
    return free;
  }
  void release_at(Duration end) {
    free_at_.push_back(end);
    std::push_heap(free_at_.begin(), free_at_.end(), std::greater<>{});
  }

 private:
  /// A heap, the earliest on top.
  std::vector<Duration> free_at_;
};

/// Places that come free in the order in which they were taken: lines of a buffer.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t lines) : free_at_(std::max<std::size_t>(lines, 1)) {}

  /// When `count` lines are free; more lines than there are count as all of them.
  Duration earliest(std::size_t count) const {
    return free_at_[(next_ + std::min(count, free_at_.size()) - 1) % free_at_.size()];
  }
  /// Takes `count` lines until `end`.
  void take(std::size_t count, Duration end) {
    for (std::size_t i = 0; i < std::min(count, free_at_.size()); ++i) {
      free_at_[next_] = end;
      next_ = next_ + 1 == free_at_.size() ? 0 : next_ + 1;
    }
  }

 private:
  std::vector<Duration> free_at_;
  std::size_t next_ = 0;
};

}  // namespace iommusim::timing
