// SPDX-License-Identifier: Apache-2.0
// The paging-structure caches (VT-d specification, 6.2.6): where entries above the leaves lead, so that a walk may
// begin further down.
#pragma once

#include "iommu/vtd/iotlb.h"

namespace iommusim::vtd {

/// The entry of level n (2 for a PDE) for an address is tagged as a page of that size would be. Its `page` is the
/// table that it points to; of a nested PASID its `rights` are those of the second stage to that table.
class PagingStructureCache : public iommu::TranslationCache<IotlbTag, IotlbEntry> {
  using Base = iommu::TranslationCache<IotlbTag, IotlbEntry>;

 public:
  PagingStructureCache(unsigned entries, unsigned ways) : Base{entries, ways}, is_present_{entries != 0} {}

  /// False: the unit has none, and nothing need be looked up.
  bool is_present() const { return is_present_; }

  /// The entry nearest to the leaf below tables of `levels` levels, or `none`.
  Slot find_deepest(std::uint16_t domain, Iova address, unsigned levels) const {
    return find_lowest(levels, [&](unsigned level) { return IotlbTag{domain, address, level}; });
  }
  Slot find_deepest(std::uint16_t domain, Pasid pasid, Iova address, unsigned levels) const {
    return find_lowest(levels, [&](unsigned level) { return IotlbTag{domain, pasid, address, level}; });
  }

  void invalidate(const IotlbInvalidation& request) {
    if (request.granularity == IotlbGranularity::global) return clear();
    // IH speaks of second-stage entries. Those with a PASID hold what leaves of the second stage said of guest tables.
    const bool keeps = request.granularity == IotlbGranularity::page && request.leaves_only;
    drop(request, [keeps](IotlbTag tag) { return !keeps || tag.has_pasid(); });
  }
  void invalidate(const PasidIotlbInvalidation& request) {
    const bool keeps = request.granularity == PasidIotlbGranularity::page && request.leaves_only;
    if (!keeps) drop(request, [](IotlbTag tag) { return tag.has_pasid(); });
  }

 private:
  template <class TagOfLevel>
  Slot find_lowest(unsigned levels, TagOfLevel tag_of_level) const {
    for (unsigned level = 2; level <= levels; ++level)
      if (const Slot slot = find(tag_of_level(level)); slot != none) return slot;
    return none;
  }

  template <class Request, class Predicate>
  void drop(const Request& request, Predicate may_go) {
    const Range<Iova> block = concerned_block(request);
    invalidate_if([&](IotlbTag tag, const IotlbEntry&) { return may_go(tag) && concerns(request, block, tag); });
  }

  bool is_present_;
};

}  // namespace iommusim::vtd
