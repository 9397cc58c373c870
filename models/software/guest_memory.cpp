// SPDX-License-Identifier: Apache-2.0
#include "software/guest_memory.h"

#include "base/quantity.h"
#include "software/vtd_paging_format.h"

#include <memory>

namespace iommusim::software {

Range<PhysAddr> GuestMemory::tables_in(const Range<PhysAddr>& memory) {
  const std::uint64_t pages = memory.size() / page_4k / 4;
  return {memory.last - (pages * page_4k - 1), memory.last};
}

GuestMemory::GuestMemory(CpuBus& bus, PageAllocator& host_pages, const Range<PhysAddr>& memory, unsigned levels)
    : memory_{memory},
      table_pages_{bus, tables_in(memory)},
      second_stage_{bus, host_pages,
                    std::make_unique<VtdPagingFormat>(TableFormat{levels, false, false, Stage::second})} {
  // The guest's tables are written by its processor and read, and marked, by the unit.
  second_stage_.map({Iova{memory.first.value()}, Iova{memory.last.value()}}, memory.first, {true, true});
}

bool GuestMemory::is_data(const Range<PhysAddr>& range) const {
  return memory_.contains(range) && !table_pages_.range().overlaps(range);
}

}  // namespace iommusim::software
