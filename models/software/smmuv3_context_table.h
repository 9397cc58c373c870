// SPDX-License-Identifier: Apache-2.0
// Places for context descriptors, one for each stream that has stage 1 (SMMUv3 architecture, 5.4).
#pragma once

#include "iommu/smmuv3/context_descriptor.h"
#include "software/page_allocator.h"

#include <vector>

namespace iommusim::software {

/// Bus and allocator must outlive it.
class ContextTable {
 public:
  ContextTable(CpuBus& bus, PageAllocator& pages) : bus_{bus}, pages_{pages} {}

  /// Returns where the descriptor is.
  PhysAddr add(const smmuv3::ContextDescriptor& descriptor) {
    if (free_.empty()) add_page();
    const PhysAddr place = free_.back();
    free_.pop_back();
    for (std::size_t i = 0; i < smmuv3::ContextDescriptor::words; ++i)
      bus_.store64(place + 8 * i, descriptor.word(i));
    return place;
  }
  /// The unit must have forgotten it.
  void remove(PhysAddr place) { free_.push_back(place); }

 private:
  void add_page() {
    const PhysAddr page = pages_.allocate();
    for (std::uint64_t offset = page_4k; offset != 0; offset -= smmuv3::ContextDescriptor::bytes)
      free_.push_back(page + (offset - smmuv3::ContextDescriptor::bytes));
  }

  CpuBus& bus_;
  PageAllocator& pages_;
  std::vector<PhysAddr> free_;
};

}  // namespace iommusim::software
