// SPDX-License-Identifier: Apache-2.0
// The IOMMU of a real machine as somebody captured it: registers, and the memory that they reach.
#pragma once

#include "iommu/unit.h"
#include "memory/sparse_memory.h"

#include <memory>
#include <string>
#include <vector>

namespace iommusim::platforms {

/// A unit that stands as the captured driver left it.
struct Capture {
  /// Differences of the captured unit's capabilities to ours: "ECAP.IR".
  std::vector<std::string> unsupported;
  /// The captured pages and nothing else: a fetch elsewhere is an access error.
  std::unique_ptr<memory::SparseMemory> memory;
  std::unique_ptr<iommu::Unit> unit;
};

/// Reads registers.json, memory.index.json and memory.bin (or memory.bin.zst) of `folder`;
/// docs/capture-format.md describes them. The unit, a vtd::Unit or an smmuv3::Unit, is brought up with register writes:
/// tables, queues, events, translation. Its command queue is empty, because the captured commands have been carried
/// out. Throws InputError for what is missing or wrong.
Capture load_capture(const std::string& folder);

}  // namespace iommusim::platforms
