// SPDX-License-Identifier: Apache-2.0
// Reads the text form of a trace, plain or zstd-compressed. docs/trace-format.md is the reference.
#pragma once

#include "base/input_file.h"
#include "traces/line_source.h"
#include "traces/operation_parser.h"
#include "traces/trace_reader.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace iommusim::traces {

class TextReader final : public TraceReader {
 public:
  /// Throws InputError when the file cannot be opened.
  explicit TextReader(const std::string& path) : TextReader{InputFile{path}, {}} {}
  /// `head`: what has been read of the file.
  TextReader(InputFile file, std::string_view head);

  bool next(TraceOperation& operation) override;
  const std::string& path() const override { return lines_.file().path(); }
  SourcePosition position_of(const TraceOperation& operation) const override;
  SourcePosition position_of_word(const TraceOperation& operation, std::size_t word) const override;
  std::uint64_t bytes_consumed() const override { return lines_.file().bytes_consumed(); }
  std::uint64_t bytes_total() const override { return lines_.file().bytes_total(); }

 private:
  LineSource lines_;
  OperationParser parser_;
  /// The line that was read last.
  std::string_view line_;
};

}  // namespace iommusim::traces
