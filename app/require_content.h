// SPDX-License-Identifier: Apache-2.0
// A file without content is more often cut off than meant, and "nothing was wrong" would be the wrong answer to it.
#pragma once

#include "base/input_error.h"

#include <cstdint>
#include <string>

namespace iommusim::app {

/// Throws InputError when `file` held none of `things` ("operations").
inline void require_content(const std::string& file, std::uint64_t count, const std::string& things) {
  if (count == 0) throw InputError{{file}, "found no " + things + ", expected at least one"};
}

}  // namespace iommusim::app
