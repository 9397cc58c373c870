// SPDX-License-Identifier: Apache-2.0
// The lines of a text file, plain or zstd-compressed, in constant memory.
#pragma once

#include "base/input_error.h"
#include "base/input_file.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace iommusim::traces {

/// Bytes of the longest line of a trace.
constexpr std::size_t longest_trace_line = std::size_t{64} * 1024;

/// Lines end with LF or CR LF; the last one may end with the file.
class LineSource {
 public:
  /// Throws InputError when the file cannot be opened. Lines longer than `longest` bytes are refused.
  explicit LineSource(const std::string& path, std::size_t longest = longest_trace_line)
      : LineSource{InputFile{path}, {}, longest} {}
  /// `head`: what has been read of the file, shorter than a line may be.
  LineSource(InputFile file, std::string_view head, std::size_t longest = longest_trace_line);

  /// The next line without its end, valid until the next call; false after the last one. Throws InputError
  /// when the file cannot be read, is damaged, or holds a line that is too long.
  bool next(std::string_view& line);

  /// Number of the line that next() gave last, from 1.
  std::uint64_t line_number() const { return line_number_; }
  /// A place in that line; column 0: the whole line.
  SourcePosition position(std::size_t column = 0) const;
  const InputFile& file() const { return file_; }

 private:
  bool fill();
  std::string_view take(std::size_t length, std::size_t terminator);

  InputFile file_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_number_ = 0;
};

}  // namespace iommusim::traces
