// SPDX-License-Identifier: Apache-2.0
// The TLB, and the micro TLB before it: finished translations of an input address.
#pragma once

#include "base/address.h"
#include "iommu/smmuv3/memory_attributes.h"
#include "iommu/smmuv3/permissions.h"
#include "iommu/smmuv3/translation_tag.h"
#include "iommu/translation_cache.h"

#include <cstdint>
#include <vector>

namespace iommusim::smmuv3 {

/// What a descriptor says, and all above it. Plain data.
struct CachedTranslation {
  /// Of a page: where it lies. Of a table: where the next one stands, an IPA if stage 2 follows.
  PhysAddr address;
  Permissions permissions;
  /// Of a page by stage 1: what both stages make of it.
  MemoryAttributes attributes;
  /// Of a page by stage 2 alone: what becomes of incoming attributes.
  Stage2Attributes stage_2;
  /// Stage 1 tables: APTable and XNTable so far, as stage_1_descriptor.h has them.
  std::uint8_t hierarchy = 0;
};

/// Looks for one block size after another, but only for those in use.
class BlockCache : public iommu::TranslationCache<TranslationTag, CachedTranslation> {
  using Base = iommu::TranslationCache<TranslationTag, CachedTranslation>;

 public:
  BlockCache(unsigned entries, unsigned ways) : Base{entries, ways}, is_present_{entries != 0} {}

  bool is_present() const { return is_present_; }

  /// The smallest block that holds `address`, of the space or global.
  Slot find_block(const TranslationTag::Space& space, std::uint64_t address) const {
    for (std::uint64_t shifts = shifts_in_use_; shifts != 0; shifts &= shifts - 1) {
      const auto shift = static_cast<unsigned>(__builtin_ctzll(shifts));
      if (const Slot slot = find({space, address, shift}); slot != none) return slot;
      if ((global_shifts_in_use_ >> shift & 1) == 0) continue;
      if (const Slot slot = find({space.as_global(), address, shift}); slot != none) return slot;
    }
    return none;
  }

  bool insert(const TranslationTag& tag, const CachedTranslation& entry) {
    if (!is_present_) return false;
    const std::uint64_t shift = std::uint64_t{1} << tag.shift();
    shifts_in_use_ |= shift;
    if (tag.is_global()) global_shifts_in_use_ |= shift;
    return Base::insert(tag, entry);
  }

  void clear() {
    shifts_in_use_ = global_shifts_in_use_ = 0;
    Base::clear();
  }

 private:
  bool is_present_;
  /// Bit n: a block of 2^n bytes was inserted since the last clear(). Spares lookups that cannot hit.
  std::uint64_t shifts_in_use_ = 0;
  std::uint64_t global_shifts_in_use_ = 0;
};

/// The main TLB. The micro TLB is fully associative and replaces first in, first out; what it holds, the main one
/// holds too. So it is no array of its own, but the lines of the main one that entered it last.
class Tlb : public BlockCache {
 public:
  Tlb(unsigned entries, unsigned ways, unsigned micro_entries)
      : BlockCache{entries, ways}, micro_entries_{micro_entries}, entered_(entries) {}

  bool is_in_micro(Slot slot) const { return entered_[slot] + micro_entries_ > now_; }
  void enter_micro(Slot slot) {
    if (micro_entries_ != 0) entered_[slot] = ++now_;
  }
  bool insert(const TranslationTag& tag, const CachedTranslation& entry) {
    if (!is_present()) return false;
    const bool was_in_use = BlockCache::insert(tag, entry);
    if (const Slot slot = find(tag); slot != none) enter_micro(slot);
    return was_in_use;
  }

 private:
  unsigned micro_entries_;
  /// Number of the entry into the micro TLB; 0: never.
  std::vector<std::uint64_t> entered_;
  /// Begins so that a line that never entered is not in it.
  std::uint64_t now_ = micro_entries_;
};

}  // namespace iommusim::smmuv3
