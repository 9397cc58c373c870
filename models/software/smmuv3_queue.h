// SPDX-License-Identifier: Apache-2.0
// The memory of an SMMUv3's queues (SMMUv3 architecture, 3.5.1).
#pragma once

#include "iommu/smmuv3/queue_index.h"
#include "software/page_allocator.h"

#include <cstdint>

namespace iommusim::software {

/// *_BASE of a queue that fills a page, or is as large as the unit can have it. `largest`: log2 of entries, IDR1.*QS.
inline smmuv3::QueueBase queue_base(PageAllocator& pages, std::uint64_t largest, std::uint64_t entry_bytes) {
  std::uint8_t log2_size = 0;
  while (log2_size < largest && entry_bytes << (log2_size + 1) <= page_4k)
    ++log2_size;
  smmuv3::QueueBase base{pages.allocate().value()};
  base.set<smmuv3::QueueBase::Allocate>(true);
  base.set<smmuv3::QueueBase::LOG2SIZE>(log2_size);
  return base;
}

inline smmuv3::QueueGeometry geometry_of(smmuv3::QueueBase base, std::uint64_t entry_bytes) {
  constexpr unsigned all_address_bits = 52;
  return {base, base.get<smmuv3::QueueBase::LOG2SIZE>(), entry_bytes, all_address_bits};
}

}  // namespace iommusim::software
