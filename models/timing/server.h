// SPDX-License-Identifier: Apache-2.0
// One thing at a time, in order of asking.
#pragma once

#include "base/quantity.h"

#include <algorithm>

namespace iommusim::timing {

class Server {
 public:
  /// Busy for `length` from the returned time on: the first idle time not before `at`.
  Duration reserve(Duration at, Duration length) {
    const Duration start = std::max(at, free_);
    free_ = start + length;
    return start;
  }
  Duration free() const { return free_; }
  void busy_until(Duration time) { free_ = std::max(free_, time); }

 private:
  Duration free_;
};

}  // namespace iommusim::timing
