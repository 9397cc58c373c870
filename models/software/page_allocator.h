// SPDX-License-Identifier: Apache-2.0
// The pages that an operating system keeps for its own tables.
#pragma once

#include "base/range.h"
#include "software/cpu_bus.h"

#include <cstddef>
#include <vector>

namespace iommusim::software {

/// Hands out zeroed 4 KiB pages of one range of DRAM. The bus must outlive it.
class PageAllocator {
 public:
  /// Only whole pages inside `range` are used. They are zeroed when they are handed out, so old content does
  /// not matter.
  PageAllocator(CpuBus& bus, const Range<PhysAddr>& range);

  /// Released pages first, the last released one before the others; then fresh ones in ascending order.
  /// Throws DriverError when none is left.
  PhysAddr allocate();
  /// `count` zeroed pages one after another, the first at a multiple of their size. `count` is a power of two. They are
  /// never released.
  PhysAddr allocate_block(std::size_t count);
  /// `page` came from allocate() and hardware no longer refers to it.
  void release(PhysAddr page);

  std::size_t pages_in_use() const { return in_use_; }
  const Range<PhysAddr>& range() const { return range_; }

 private:
  [[noreturn]] void fail() const;
  void zero(PhysAddr page);

  CpuBus& bus_;
  Range<PhysAddr> range_;
  PhysAddr fresh_;
  std::size_t fresh_left_ = 0;
  std::size_t in_use_ = 0;
  std::vector<PhysAddr> released_;
};

}  // namespace iommusim::software
