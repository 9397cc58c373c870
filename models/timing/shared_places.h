// SPDX-License-Identifier: Apache-2.0
// Walkers and buffer lines that several devices share, asked for in any order of time.
#pragma once

#include "timing/calendar.h"
#include "timing/slots.h"

#include <algorithm>
#include <cstddef>

namespace iommusim::timing {

/// `count` equal places. Who asks in order of time gets the place that comes free first. Who asks for an earlier time
/// than somebody before, as loose timing does when it has spent the time of another device's long operation, takes what
/// is left of the places' time: a share of `count` of each.
class SharedSlots {
 public:
  explicit SharedSlots(std::size_t count) : slots_{count}, count_{std::max<std::size_t>(count, 1)} {}

  /// When who asks at `at` would get a place; who asks out of order may get it later.
  Duration earliest(Duration at) const { return at < latest_ ? at : std::max(at, slots_.earliest()); }
  /// Takes a place for `length` from the returned time on.
  Duration reserve(Duration at, Duration length) {
    if (at < latest_) return left_.reserve(at, length / count_);
    latest_ = at;
    const Duration start = std::max(at, slots_.earliest());
    slots_.take(start + length);
    left_.reserve(start, length / count_);
    return start;
  }

 private:
  Slots slots_;
  std::size_t count_;
  Calendar left_;
  Duration latest_;
};

/// The same of lines that come free in the order in which they were taken.
class SharedLines {
 public:
  explicit SharedLines(std::size_t count) : lines_{count}, count_{std::max<std::size_t>(count, 1)} {}

  /// When `lines` are free for who asks at `at`; they are taken for `length` from then on.
  Duration reserve(Duration at, std::size_t lines, Duration length) {
    const Duration share = share_of(lines, length);
    if (at < latest_) return left_.reserve(at, share);
    latest_ = at;
    const Duration start = std::max(at, lines_.earliest(lines));
    lines_.take(lines, start + length);
    left_.reserve(start, share);
    return start;
  }

 private:
  /// Most reservations are like the one before, and a division costs more than to see that.
  Duration share_of(std::size_t lines, Duration length) {
    if (lines != last_lines_ || length != last_length_) {
      last_lines_ = lines;
      last_length_ = length;
      last_share_ = length * std::min(lines, count_) / count_;
    }
    return last_share_;
  }

  LineBuffer lines_;
  std::size_t count_;
  std::size_t last_lines_ = 0;
  Duration last_length_;
  Duration last_share_;
  Calendar left_;
  Duration latest_;
};

}  // namespace iommusim::timing
