// SPDX-License-Identifier: Apache-2.0
// The memory of a guest as its hypervisor maps it for the guest's devices: second-stage tables, below the first-stage
// tables that the guest keeps in this memory (VT-d specification, 3.8).
#pragma once

#include "base/range.h"
#include "software/cpu_bus.h"
#include "software/page_allocator.h"
#include "software/paging_tables.h"

namespace iommusim::software {

/// Guest-physical addresses are physical ones, and every page is mapped by itself: nothing is as the guest sees it but
/// what the tables say.
class GuestMemory {
 public:
  /// What a guest with `memory` (whole 4 KiB pages, at least four) keeps for its tables: the highest quarter.
  static Range<PhysAddr> tables_in(const Range<PhysAddr>& memory);

  /// `host_pages`: for second-stage tables of `levels`. Bus and allocator must outlive it.
  GuestMemory(CpuBus& bus, PageAllocator& host_pages, const Range<PhysAddr>& memory, unsigned levels);

  /// The guest may give `range` to devices.
  bool is_data(const Range<PhysAddr>& range) const;
  /// Where the guest keeps its tables.
  PageAllocator& table_pages() { return table_pages_; }
  PhysAddr root() const { return second_stage_.root(); }
  unsigned levels() const { return second_stage_.levels(); }
  /// Gives every page of the second stage back. Hardware must no longer know it.
  void release_all() { second_stage_.release_all(); }

 private:
  Range<PhysAddr> memory_;
  PageAllocator table_pages_;
  PagingTables second_stage_;
};

}  // namespace iommusim::software
