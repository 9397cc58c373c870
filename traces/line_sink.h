// SPDX-License-Identifier: Apache-2.0
// Lines, or bytes, written to a file, compressed when its name ends in ".zst".
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace iommusim::traces {

/// The file appears when close() returns, and only then (see AtomicFile).
class LineSink {
 public:
  /// `level`: of zstd, 1 (fast) to 19 (small). Throws InputError when the file cannot be made.
  explicit LineSink(const std::string& path, int level = 3);
  ~LineSink();
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;
  LineSink(LineSink&& other) noexcept;
  LineSink& operator=(LineSink&& other) noexcept;

  /// Adds `line` and LF. Throws InputError when the file cannot be written.
  void write(std::string_view line);
  /// Adds bytes as they are.
  void append(std::string_view bytes);
  /// Finishes the file. Throws InputError; then there is no file.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace iommusim::traces
