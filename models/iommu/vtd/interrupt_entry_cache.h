// SPDX-License-Identifier: Apache-2.0
// The interrupt-entry cache (VT-d specification, 6.2): entries of the interrupt remapping table by index. Only present
// entries that may be used are kept.
#pragma once

#include "iommu/translation_cache.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "iommu/vtd/invalidation.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::vtd {

class InterruptEntryTag {
 public:
  constexpr InterruptEntryTag() = default;
  constexpr explicit InterruptEntryTag(std::uint32_t entry_index) : value_{in_use | entry_index} {}

  constexpr std::uint32_t entry_index() const { return value_ & ~in_use; }
  constexpr std::size_t index() const { return value_; }
  friend constexpr bool operator==(InterruptEntryTag a, InterruptEntryTag b) { return a.value_ == b.value_; }

 private:
  static constexpr std::uint32_t in_use = 0x8000'0000;
  std::uint32_t value_ = 0;
};

class InterruptEntryCache : public iommu::TranslationCache<InterruptEntryTag, InterruptRemappingEntry> {
 public:
  using TranslationCache::TranslationCache;

  /// Drops exactly what is asked for.
  void invalidate(const InterruptEntryInvalidation& request) {
    // A block of 2^16 entries is the largest table.
    if (request.is_global || request.mask >= 16) return clear();
    invalidate_if([&request](InterruptEntryTag tag, const InterruptRemappingEntry&) {
      return tag.entry_index() >> request.mask == std::uint32_t{request.index} >> request.mask;
    });
  }
};

}  // namespace iommusim::vtd
