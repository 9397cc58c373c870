// SPDX-License-Identifier: Apache-2.0
// The memory of a guest as its hypervisor maps it for the guest's devices: second-stage tables, below the first-stage
// tables that the guest keeps in this memory (VT-d specification, 3.8; SMMUv3 architecture, 3.3.2).
#pragma once

#include "base/range.h"
#include "software/cpu_bus.h"
#include "software/domain.h"
#include "software/page_allocator.h"
#include "software/paging_tables.h"

#include <memory>

namespace iommusim::software {

/// Guest-physical addresses are physical ones: nothing is as the guest sees it but what the tables say.
class GuestMemory {
 public:
  /// Throws DriverError where no guest can have `memory`: four or more whole pages of `page` bytes, below 2^`bits`.
  static void check(const Range<PhysAddr>& memory, std::uint64_t page, unsigned bits);
  /// What a guest with `memory` (whole 4 KiB pages, at least four) keeps for its tables: the highest quarter.
  static Range<PhysAddr> tables_in(const Range<PhysAddr>& memory);

  /// `host_pages`: for the second-stage tables, which have this format. Bus and allocator must outlive it.
  GuestMemory(CpuBus& bus, PageAllocator& host_pages, const Range<PhysAddr>& memory,
              std::unique_ptr<const PagingFormat> second_stage);

  /// In the guest's tables. A guest maps its own memory only, and not what it keeps its tables in: throws DriverError
  /// otherwise, and where that is too small.
  void map(PagingTables& first_stage, const Range<Iova>& range, const MapRequest& request) const;
  /// Where the guest keeps its tables.
  PageAllocator& table_pages() { return table_pages_; }
  PhysAddr root() const { return second_stage_.root(); }
  unsigned levels() const { return second_stage_.levels(); }
  /// Gives every page of the second stage back. Hardware must no longer know it.
  void release_all() { second_stage_.release_all(); }

 private:
  bool is_data(const Range<PhysAddr>& range) const;

  Range<PhysAddr> memory_;
  PageAllocator table_pages_;
  PagingTables second_stage_;
};

}  // namespace iommusim::software
