// SPDX-License-Identifier: Apache-2.0
// Files with one JSON value a line.
#pragma once

#include "platforms/json_input.h"
#include "traces/line_source.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace iommusim::traces {

/// Plain or zstd-compressed. Blank lines are skipped.
class JsonLines {
 public:
  /// Throws InputError when the file cannot be opened.
  explicit JsonLines(const std::string& path);

  /// Goes to the next value; false after the last one. Throws InputError for what is no JSON value.
  bool next();
  /// The value, valid until next(). Its errors name the file and the line.
  platforms::JsonValue value() const { return {json_, position_}; }
  const InputFile& file() const { return lines_.file(); }
  std::uint64_t line_number() const { return lines_.line_number(); }

 private:
  LineSource lines_;
  nlohmann::json json_;
  SourcePosition position_;
};

}  // namespace iommusim::traces
