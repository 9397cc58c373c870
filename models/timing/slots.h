// SPDX-License-Identifier: Apache-2.0
// A fixed number of equal places, each free or taken until a known time.
#pragma once

#include "base/quantity.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace iommusim::timing {

/// Places are taken by who asks first and come free at any time: tags, transmit buffers, walkers.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_at_(std::max<std::size_t>(count, 1)) {}

  /// When the first place comes free.
  Duration earliest() const { return free_at_[first_]; }
  /// Takes that place until `end`.
  void take(Duration end) {
    acquire();
    release_at(end);
  }
  /// The same for who does not know the end yet: when the place is free. Precondition: not all are acquired.
  Duration acquire() {
    const Duration free = free_at_[first_];
    first_ = after(first_);
    return free;
  }
  void release_at(Duration end) {
    // Most come free in the order in which they were taken: then its place is the last.
    std::size_t place = end_;
    while (place != first_ && free_at_[before(place)] > end) {
      free_at_[place] = free_at_[before(place)];
      place = before(place);
    }
    free_at_[place] = end;
    end_ = after(end_);
  }

 private:
  std::size_t after(std::size_t place) const { return place + 1 == free_at_.size() ? 0 : place + 1; }
  std::size_t before(std::size_t place) const { return (place == 0 ? free_at_.size() : place) - 1; }

  /// A ring in ascending order, from first_ to before end_.
  std::vector<Duration> free_at_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
};

/// Places that come free in the order in which they were taken: lines of a buffer.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t lines) : free_at_(std::max<std::size_t>(lines, 1)) {}

  /// When `count` lines are free; more lines than there are count as all of them.
  Duration earliest(std::size_t count) const {
    const std::size_t last = next_ + std::min(count, free_at_.size()) - 1;
    return free_at_[last < free_at_.size() ? last : last - free_at_.size()];
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
