// SPDX-License-Identifier: Apache-2.0
// Writes the text form of a trace, compressed when the file's name ends in ".zst".
#pragma once

#include "traces/line_sink.h"
#include "traces/operation.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace iommusim::traces {

/// How times are written: from the start, or from the operation before ("+10ns": smaller files, easy to
/// edit).
enum class TimeForm : std::uint8_t { absolute, relative };

/// The canonical line of an operation, without line end: single spaces, exact time from the start,
/// hexadecimal addresses. Reading it gives the same operation.
std::string to_text(const TraceOperation& operation);

/// The file appears when close() returns, and only then.
class TextWriter {
 public:
  /// `level`: of zstd. Throws InputError when the file cannot be made.
  explicit TextWriter(const std::string& path, TimeForm form = TimeForm::absolute, int level = 3);

  /// A line "# text"; `text` has no line ends.
  void comment(std::string_view text);
  /// Times must not decrease. Throws InputError when the file cannot be written, and when explicit data makes
  /// the line longer than the 64 KiB that a reader takes.
  void write(const TraceOperation& operation);
  /// Finishes the file. Throws InputError; then there is no file.
  void close() { lines_.close(); }

 private:
  std::string path_;
  LineSink lines_;
  TimeForm form_;
  Duration time_;
  std::string line_;
};

}  // namespace iommusim::traces
