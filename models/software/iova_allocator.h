// SPDX-License-Identifier: Apache-2.0
// Which addresses Linux's DMA API gives out in one domain.
#pragma once

#include "software/address_set.h"

#include <cstdint>
#include <optional>

namespace iommusim::software {

/// Hands out from the top down, each address below the last one, and below 4 GiB as long as there is room. Nothing is
/// taken back.
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
  std::optional<Range<Iova>> next_below(std::uint64_t size, Iova last, Iova next) const;
  std::optional<Range<Iova>> highest(std::uint64_t size, Iova last) const;

  AddressSet usable_;
  std::uint64_t page_size_;
  /// Where the search goes on: below what was given out last below 4 GiB, and above.
  Iova low_next_{~std::uint64_t{0}};
  Iova high_next_{~std::uint64_t{0}};
};

}  // namespace iommusim::software
