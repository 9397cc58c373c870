// SPDX-License-Identifier: Apache-2.0
// Writes the text form of a trace, compressed when the file's name ends in ".zst".
#pragma once

#include "traces/line_sink.h"
#include "traces/trace_writer.h"

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

/// Throws the InputError for a line above 64 KiB.
[[noreturn]] void refuse_long_line(const std::string& path, const TraceOperation& operation);

class TextWriter final : public TraceWriter {
 public:
  /// `level`: of zstd. Throws InputError when the file cannot be made.
  explicit TextWriter(const std::string& path, TimeForm form = TimeForm::absolute, int level = 3);

  void comment(std::string_view text) override;
  void write(const TraceOperation& operation) override;
  void close() override { lines_.close(); }

 private:
  std::string path_;
  LineSink lines_;
  TimeForm form_;
  Duration time_;
  std::string line_;
};

}  // namespace iommusim::traces
