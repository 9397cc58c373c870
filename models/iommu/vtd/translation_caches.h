// SPDX-License-Identifier: Apache-2.0
// The caches of one unit and who is told when they forget.
#pragma once

#include "iommu/vtd/config.h"
#include "iommu/vtd/context_cache.h"
#include "iommu/vtd/interrupt_entry_cache.h"
#include "iommu/vtd/iotlb.h"
#include "iommu/vtd/paging_structure_cache.h"
#include "iommu/vtd/pasid_cache.h"

#include <functional>

namespace iommusim::vtd {

struct TranslationCaches {
  explicit TranslationCaches(const UnitConfig& config)
      : contexts{config.context_cache_entries, config.context_cache_ways},
        pasids{config.scalable_mode ? config.pasid_cache_entries : 0, config.pasid_cache_ways},
        iotlb{config.iotlb_entries, config.iotlb_ways},
        first_stage{config.scalable_mode ? config.first_stage_cache_entries : 0, config.first_stage_cache_ways},
        second_stage{config.second_stage_cache_entries, config.second_stage_cache_ways},
        interrupt_entries{config.interrupt_cache_entries, config.interrupt_cache_ways} {}

  void invalidate(const ContextInvalidation& request) {
    contexts.invalidate(request);
    tell_invalidated();
  }
  void invalidate(const PasidCacheInvalidation& request) {
    pasids.invalidate(request);
    tell_invalidated();
  }
  void invalidate(const IotlbInvalidation& request) { invalidate_translations(request); }
  void invalidate(const PasidIotlbInvalidation& request) { invalidate_translations(request); }
  void invalidate_everything() {
    contexts.clear();
    pasids.clear();
    IotlbInvalidation all;
    all.granularity = IotlbGranularity::global;
    invalidate_translations(all);
  }
  void tell_invalidated() {
    ++epoch;
    if (on_invalidate) on_invalidate();
  }

  ContextCache contexts;
  PasidCache pasids;
  Iotlb iotlb;
  /// The paging-structure caches. Nested walks use both.
  PagingStructureCache first_stage;
  PagingStructureCache second_stage;
  InterruptEntryCache interrupt_entries;
  /// See iommu::CacheHits.
  std::uint64_t epoch = 0;
  std::function<void()> on_invalidate;

 private:
  template <class Request>
  void invalidate_translations(const Request& request) {
    iotlb.invalidate(request);
    first_stage.invalidate(request);
    second_stage.invalidate(request);
    tell_invalidated();
  }
};

}  // namespace iommusim::vtd
