// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/input_file.h"

#include <cstdint>
#include <functional>

namespace iommusim::traces {

/// Told of every record that was read and handled; `file` knows how many bytes of it are done.
using ReadProgress = std::function<void(std::uint64_t records, const InputFile& file)>;

}  // namespace iommusim::traces
