// SPDX-License-Identifier: Apache-2.0
// The caches of one unit and who is told when they forget.
#pragma once

#include "iommu/vtd/config.h"
#include "iommu/vtd/context_cache.h"
#include "iommu/vtd/interrupt_entry_cache.h"
#include "iommu/vtd/iotlb.h"

#include <functional>

namespace iommusim::vtd {

struct TranslationCaches {
  explicit TranslationCaches(const UnitConfig& config)
      : contexts{config.context_cache_entries, config.context_cache_ways},
        iotlb{config.iotlb_entries, config.iotlb_ways},
        interrupt_entries{config.interrupt_cache_entries, config.interrupt_cache_ways} {}

  void invalidate(const ContextInvalidation& request) {
    contexts.invalidate(request);
    tell_invalidated();
  }
  void invalidate(const IotlbInvalidation& request) {
    iotlb.invalidate(request);
    tell_invalidated();
  }
  void invalidate_everything() {
    contexts.clear();
    iotlb.invalidate({IotlbGranularity::global, 0, {}, 0});
    tell_invalidated();
  }
  void tell_invalidated() const {
    if (on_invalidate) on_invalidate();
  }

  ContextCache contexts;
  Iotlb iotlb;
  InterruptEntryCache interrupt_entries;
  std::function<void()> on_invalidate;
};

}  // namespace iommusim::vtd
