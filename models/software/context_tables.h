// SPDX-License-Identifier: Apache-2.0
// Root and context tables as an operating system builds them in memory (VT-d specification, 3.4, 9.1
// and 9.3).
#pragma once

#include "base/requester_id.h"
#include "iommu/vtd/context_entry.h"
#include "software/cpu_bus.h"
#include "software/page_allocator.h"

namespace iommusim::software {

/// One root table with its context tables. Bus and allocator must outlive it.
class ContextTables {
 public:
  /// Takes one page for the root table; each bus that is used takes another.
  ContextTables(CpuBus& bus, PageAllocator& pages);

  PhysAddr root() const { return root_; }

  /// Writes the entry of a requester so that hardware never sees half of it.
  void write(RequesterId requester, const vtd::ContextEntry& entry);
  /// Makes the entry of a requester not present.
  void clear(RequesterId requester);

 private:
  PhysAddr entry_address(RequesterId requester);

  CpuBus& bus_;
  PageAllocator& pages_;
  PhysAddr root_;
};

}  // namespace iommusim::software
