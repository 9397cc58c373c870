// SPDX-License-Identifier: Apache-2.0
// The pages that an operating system keeps for its own tables.
#pragma once

#include "base/range.h"
#include "software/cpu_bus.h"

#include <cstddef>
#include <map>
#include <optional>
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
  /// `count` zeroed pages one after another, the first at a multiple of their size. `count` is a power of two. Released
  /// blocks of the size first.
  PhysAddr allocate_block(std::size_t count);
  /// `page` came from allocate() and hardware no longer refers to it.
  void release(PhysAddr page) { release_block(page, 1); }
  /// The same for a block of `count` pages. It stays one.
  void release_block(PhysAddr first, std::size_t count);

  std::size_t pages_in_use() const { return in_use_; }
  const Range<PhysAddr>& range() const { return range_; }

 private:
  [[noreturn]] void fail() const;
  void zero(PhysAddr page);
  /// The last released block of `count` pages.
  std::optional<PhysAddr> take_released(std::size_t count);

  CpuBus& bus_;
  Range<PhysAddr> range_;
  PhysAddr fresh_;
  std::size_t fresh_left_ = 0;
  std::size_t in_use_ = 0;
  /// By the number of their pages.
  std::map<std::size_t, std::vector<PhysAddr>> released_;
};

}  // namespace iommusim::software
