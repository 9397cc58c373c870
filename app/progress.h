// SPDX-License-Identifier: Apache-2.0
// A line on standard error for work that takes more than a second, on terminals only.
#pragma once

#include "traces/read_progress.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace iommusim::app {

class Progress {
 public:
  /// `things` are counted: "operations".
  explicit Progress(std::string_view things);
  /// Removes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Whether it is time to show how far the work is. Cheap enough for every record of a file.
  bool due();
  /// `share`: the part of the work that is done, 0 to 1; negative: unknown. `more` is added.
  void show(std::uint64_t done, double share, const std::string& more = {});
  /// Removes the line, so that others can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::string_view things_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
};

/// The share that `done` is of `total`; negative when there is no total.
double share_of(std::uint64_t done, std::uint64_t total);

/// Of a reader with bytes_consumed() and bytes_total().
template <class Reader>
double share_read(const Reader& reader) {
  return share_of(reader.bytes_consumed(), reader.bytes_total());
}

/// Shows `progress` while a file is read.
traces::ReadProgress show_records(Progress& progress);

}  // namespace iommusim::app
