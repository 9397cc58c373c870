// SPDX-License-Identifier: Apache-2.0
#include "traces/dma_history.h"

#include <algorithm>
#include <utility>

namespace iommusim::traces {

MappedPage& DmaHistory::map(std::uint16_t domain, Iova iova, const MappedPage& page) {
  if (MappedPage* known = pages_.find(domain, iova)) {
    if (known->physical == page.physical && known->size == page.size && known->read == page.read &&
        known->write == page.write)
      return *known;
    ++summary_.remaps;
    unmap(domain, {iova, iova + (page.size - 1)});
  }
  ++summary_.maps;
  emit(page.device, Map{iova, page.size, {}, page.physical.value(), page.read, page.write});
  return pages_.add(domain, iova, page);
}

void DmaHistory::use(MappedPage& page, RequesterId device, Iova iova) {
  const bool writes = page.write && (!page.read || page.uses % 2 == 1);
  ++page.uses;
  dma(device, writes ? Operation::write : Operation::read, iova);
}

void DmaHistory::dma(RequesterId device, Operation operation, Iova iova) {
  constexpr std::uint64_t longest = 64;
  const std::uint64_t alignment = iova.value() & (~iova.value() + 1);
  Dma dma;
  dma.operation = operation;
  dma.address = BusAddr{iova.value()};
  dma.size = alignment == 0 ? longest : std::min(alignment, longest);
  emit(device, dma);
}

void DmaHistory::unmap(const std::vector<UnmappedRun>& runs) {
  for (const UnmappedRun& run : runs) {
    ++summary_.unmaps;
    emit(run.device, Unmap{run.iova, run.size});
  }
}

void DmaHistory::emit(RequesterId device, Action action) {
  operation_.time = options_.step * operations_++;
  operation_.device = name_of(device);
  operation_.action = std::move(action);
  sink_(operation_);
}

const std::string& DmaHistory::name_of(RequesterId device) {
  const auto known = names_.find(device.raw());
  if (known != names_.end()) return known->second;
  const auto given = options_.names.find(device);
  return names_.emplace(device.raw(), given != options_.names.end() ? given->second : to_string(device)).first->second;
}

}  // namespace iommusim::traces
