// SPDX-License-Identifier: Apache-2.0
// What a walk would do to the walk cache and the IPA cache.
#pragma once

#include "iommu/smmuv3/tlb.h"

#include <array>
#include <cstddef>

namespace iommusim::smmuv3 {

/// A nested walk makes fewer than `capacity` of each.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only what was noted is read.
class WalkEffects {
 public:
  static constexpr std::size_t capacity = 48;
  struct Hit {
    bool in_ipa_cache;
    BlockCache::Slot slot;
  };
  struct Fill {
    TranslationTag tag;
    CachedTranslation entry;
  };

  void clear() { hits_ = fills_ = 0; }
  void hit(const Hit& hit) {
    if (hits_ < capacity) hit_[hits_++] = hit;
  }
  void fill(const TranslationTag& tag, const CachedTranslation& entry) {
    if (fills_ < capacity) fill_[fills_++] = {tag, entry};
  }
  bool any() const { return hits_ + fills_ != 0; }

  template <class Visit>
  void for_each_hit(Visit visit) const {
    for (std::size_t i = 0; i < hits_; ++i)
      visit(hit_[i]);
  }
  template <class Visit>
  void for_each_fill(Visit visit) const {
    for (std::size_t i = 0; i < fills_; ++i)
      visit(fill_[i]);
  }

 private:
  std::size_t hits_ = 0;
  std::size_t fills_ = 0;
  std::array<Hit, capacity> hit_;
  std::array<Fill, capacity> fill_;
};

}  // namespace iommusim::smmuv3
