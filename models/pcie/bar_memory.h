// SPDX-License-Identifier: Apache-2.0
// What stands behind a function's BARs: plain storage, so that a stray write can be seen where it landed.
#pragma once

#include "memory/sparse_memory.h"

#include <array>
#include <cstdint>

namespace iommusim::pcie {

/// Storage for up to six BARs; grows only by what is written.
class BarMemory {
 public:
  /// Bytes of each BAR; 0: absent.
  explicit BarMemory(const std::array<std::uint64_t, 6>& sizes);

  /// False: no such BAR, or beyond its end; then nothing was written.
  bool read(std::uint8_t bar, std::uint64_t offset, void* to, std::size_t size) const;
  bool write(std::uint8_t bar, std::uint64_t offset, const void* from, std::size_t size);
  /// See memory::SparseMemory::digest.
  std::uint64_t digest() const { return storage_.digest(); }

 private:
  memory::SparseMemory storage_;
};

}  // namespace iommusim::pcie
