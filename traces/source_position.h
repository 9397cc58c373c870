// SPDX-License-Identifier: Apache-2.0
// Positions in files that may have more lines than SourcePosition can count.
#pragma once

#include "base/input_error.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace iommusim::traces {

/// Lines and columns from 1, 0: unknown. Beyond 2^31 - 1 they stay there.
inline SourcePosition source_position(const std::string& file, std::uint64_t line, std::uint64_t column) {
  constexpr std::uint64_t most = std::numeric_limits<int>::max();
  return {file, static_cast<int>(std::min(line, most)), static_cast<int>(std::min(column, most))};
}

}  // namespace iommusim::traces
