// SPDX-License-Identifier: Apache-2.0
// A line on standard error for work that takes more than a second, on terminals only.
#pragma once

#include "base/quantity.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace iommusim::app {

class Progress {
 public:
  /// `share_done`: the part of the work that is done, 0 to 1; negative: unknown.
  explicit Progress(std::function<double()> share_done);
  /// Removes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t operations, Duration simulated);

 private:
  using Clock = std::chrono::steady_clock;

  std::function<double()> share_done_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
};

}  // namespace iommusim::app
