// SPDX-License-Identifier: Apache-2.0
#include "base/input_error.h"

#include <fmt/format.h>

namespace iommusim {

std::string to_string(const SourcePosition& position) {
  if (position.line <= 0) return position.file;
  if (position.column <= 0) return fmt::format("{}:{}", position.file, position.line);
  return fmt::format("{}:{}:{}", position.file, position.line, position.column);
}

InputError::InputError(const SourcePosition& position, const std::string& message)
    : std::runtime_error(position.file.empty() ? message : to_string(position) + ": " + message) {}

}  // namespace iommusim
