// SPDX-License-Identifier: Apache-2.0
// What hardware that fetches tables and queues needs of memory: reads and writes that can fail.
#pragma once

#include "base/address.h"

#include <cstddef>

namespace iommusim::memory {

/// Untimed access to the system's physical address space. `false` is an access error (nothing answers there);
/// then nothing was written, and what was read is undefined.
class PhysicalBus {
 public:
  virtual ~PhysicalBus() = default;
  virtual bool read(PhysAddr address, void* to, std::size_t size) const = 0;
  virtual bool write(PhysAddr address, const void* from, std::size_t size) = 0;
};

}  // namespace iommusim::memory
