// SPDX-License-Identifier: Apache-2.0
// Which addresses Linux's DMA API gives out in one domain.
#pragma once

#include "software/address_set.h"

#include <cstdint>
#include <optional>

namespace iommusim::software {

/// Hands out from the top down, below 4 GiB as long as there is room. Nothing is taken back.
class IovaAllocator {
 public:
  /// `usable` is the DMA API's view of the domain (software_views.h) without what is mapped; `page_size`, in bytes,
  /// that of the smallest page of the domain's tables.
  IovaAllocator(AddressSet usable, std::uint64_t page_size);

  /// At least `size` bytes, none of them beyond `last`: the device's DMA mask. Whole pages, a power of two of them
  /// below the most that Linux caches; aligned to the next power of two from their size on. nullopt: there is no such
  /// room.
  std::optional<Range<Iova>> allocate(std::uint64_t size, Iova last);

 private:
  std::optional<Range<Iova>> highest(std::uint64_t size, Iova last) const;

  AddressSet usable_;
  std::uint64_t page_size_;
};

}  // namespace iommusim::software
