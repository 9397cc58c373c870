// SPDX-License-Identifier: Apache-2.0
// The memory of a capture: the pages that somebody saved, and those that were zero.
#pragma once

#include "memory/sparse_memory.h"

#include <filesystem>
#include <memory>

namespace iommusim::platforms {

/// Reads memory.index.json and memory.bin (or memory.bin.zst) of `folder`. Throws InputError for what is missing or
/// wrong.
std::unique_ptr<memory::SparseMemory> read_captured_memory(const std::filesystem::path& folder);

}  // namespace iommusim::platforms
