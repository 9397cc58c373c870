// SPDX-License-Identifier: Apache-2.0
// Reads the text form of a trace, plain or zstd-compressed. docs/trace-format.md is the reference.
#pragma once

#include "traces/line_source.h"
#include "traces/operation.h"
#include "traces/tokens.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace iommusim::traces {

/// One operation after the other, in constant memory. Device and buffer names are not resolved here.
class TextReader {
 public:
  /// Throws InputError when the file cannot be opened.
  explicit TextReader(const std::string& path);

  /// Fills in the next operation, a new one or one that this function has filled in; false after the last one. Throws
  /// InputError with file, line and column for what is not a trace: bad words, times that go backwards, lines above 64
  /// KiB, damaged compression.
  bool next(TraceOperation& operation);

  const std::string& path() const { return lines_.file().path(); }
  /// Where the device of `operation`, which came from this reader, is written: for errors found later.
  SourcePosition position_of(const TraceOperation& operation) const;
  /// The same for a word of its line: 0 is the time, 1 the device, 2 what it does. Only for the operation that next()
  /// gave last.
  SourcePosition position_of_word(const TraceOperation& operation, std::size_t word) const;
  /// For progress: bytes of the file read, and its size (0: unknown).
  std::uint64_t bytes_consumed() const { return lines_.file().bytes_consumed(); }
  std::uint64_t bytes_total() const { return lines_.file().bytes_total(); }

 private:
  Duration take_time(Tokens& tokens);
  Duration length_of(const Tokens& tokens, const Token& token, std::string_view number);

  LineSource lines_;
  Duration time_;
  /// Many traces go on in equal steps.
  std::string last_number_ = "0s";
  Duration last_length_;
  /// The line that was read last.
  std::string_view line_;
};

}  // namespace iommusim::traces
