// SPDX-License-Identifier: Apache-2.0
// Reads the binary form of a trace, plain or zstd-compressed. docs/trace-format.md, "Binary form", is the reference.
#pragma once

#include "base/input_file.h"
#include "traces/binary_form.h"
#include "traces/operation_parser.h"
#include "traces/trace_reader.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::traces {

/// Operations are numbered from 1 where the text form has lines.
class BinaryReader final : public TraceReader {
 public:
  /// `file` stands behind the magic number.
  explicit BinaryReader(InputFile file);

  bool next(TraceOperation& operation) override;
  const std::string& path() const override { return file_.path(); }
  SourcePosition position_of(const TraceOperation& operation) const override;
  SourcePosition position_of_word(const TraceOperation& operation, std::size_t) const override {
    return position_of(operation);
  }
  std::uint64_t bytes_consumed() const override { return file_.bytes_consumed(); }
  std::uint64_t bytes_total() const override { return file_.bytes_total(); }

 private:
  bool need(std::size_t bytes);
  void take_dma(binary_form::Head head, TraceOperation& operation);
  std::string_view take_text(binary_form::Head head);
  void take_name(binary_form::Head head);
  [[noreturn]] void fail(const std::string& message) const;

  InputFile file_;
  OperationParser parser_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::vector<std::string> names_;
  /// Of the operation that next() gives, from 1.
  std::uint64_t number_ = 0;
};

}  // namespace iommusim::traces
