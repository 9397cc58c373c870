// SPDX-License-Identifier: Apache-2.0
// What a walk would leave in the paging-structure caches.
#pragma once

#include "iommu/vtd/iotlb.h"
#include "iommu/vtd/paging_structure_cache.h"

#include <array>
#include <cstddef>

namespace iommusim::vtd {

enum class Stage : bool { first, second };

/// Fills and hits of one request, in order and without allocation. A nested 5x5 walk has at most 4 + 6 * 4 fills and
/// 7 hits.
class PagingCacheEffects {
 public:
  struct Fill {
    Stage stage = Stage::first;
    IotlbTag tag;
    IotlbEntry entry;
  };
  struct Hit {
    Stage stage = Stage::first;
    PagingStructureCache::Slot slot = PagingStructureCache::none;
  };

  void clear() { fills_size_ = hits_size_ = 0; }
  void fill(Stage stage, const IotlbTag& tag, const IotlbEntry& entry) {
    if (fills_size_ < fills_.size()) fills_[fills_size_++] = {stage, tag, entry};
  }
  void hit(Stage stage, PagingStructureCache::Slot slot) {
    if (hits_size_ < hits_.size()) hits_[hits_size_++] = {stage, slot};
  }

  template <class Visitor>
  void for_each_fill(Visitor visit) const {
    for (std::size_t i = 0; i < fills_size_; ++i)
      visit(fills_[i]);
  }
  template <class Visitor>
  void for_each_hit(Visitor visit) const {
    for (std::size_t i = 0; i < hits_size_; ++i)
      visit(hits_[i]);
  }

 private:
  std::array<Fill, 28> fills_;
  std::array<Hit, 8> hits_;
  std::size_t fills_size_ = 0;
  std::size_t hits_size_ = 0;
};

}  // namespace iommusim::vtd
