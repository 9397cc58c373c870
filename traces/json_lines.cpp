// SPDX-License-Identifier: Apache-2.0
#include "traces/json_lines.h"

namespace iommusim::traces {
namespace {

/// A case holds its tables in its line.
constexpr std::size_t longest_json_line = std::size_t{16} << 20;

}  // namespace

JsonLines::JsonLines(const std::string& path) : lines_{path, longest_json_line} {}

bool JsonLines::next() {
  std::string_view line;
  while (lines_.next(line)) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    position_ = lines_.position();
    json_ = platforms::parse_json(line, position_);
    return true;
  }
  return false;
}

}  // namespace iommusim::traces
