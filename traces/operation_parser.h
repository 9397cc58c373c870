// SPDX-License-Identifier: Apache-2.0
// Makes operations of the lines of a trace, one after the other. docs/trace-format.md is the reference.
#pragma once

#include "base/quantity.h"
#include "traces/operation.h"
#include "traces/tokens.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace iommusim::traces {

class OperationParser {
 public:
  /// `path`: of the file, for errors; must outlive this object.
  explicit OperationParser(const std::string& path) : path_{path} {}

  /// Fills in the operation of a line; false: the line has none. Throws InputError with file, line and column.
  bool parse(std::string_view line, std::uint64_t line_number, TraceOperation& operation);

  /// Of the last operation: relative times count from it, and none may be earlier.
  Duration time() const { return time_; }
  /// An operation that was in no line.
  void go_on_to(Duration time) { time_ = time; }

 private:
  Duration take_time(Tokens& tokens);
  Duration length_of(const Tokens& tokens, const Token& token, std::string_view number);

  const std::string& path_;
  Duration time_;
  /// Many traces go on in equal steps.
  std::string last_number_ = "0s";
  Duration last_length_;
};

}  // namespace iommusim::traces
