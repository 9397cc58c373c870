// SPDX-License-Identifier: Apache-2.0
// The caches of one unit and who is told when they forget.
#pragma once

#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/config_cache.h"
#include "iommu/smmuv3/tlb.h"

#include <cstdint>
#include <functional>

namespace iommusim::smmuv3 {

/// What the requests of a unit met in its caches.
struct CacheStatistics {
  std::uint64_t config_hits = 0;
  std::uint64_t config_misses = 0;
  /// TLB hits, of which so many in the micro TLB.
  std::uint64_t tlb_hits = 0;
  std::uint64_t micro_tlb_hits = 0;
  std::uint64_t tlb_misses = 0;
};

struct TranslationCaches {
  /// Precondition: find_impossible() finds nothing.
  explicit TranslationCaches(const UnitConfig& config);

  /// CMD_CFGI_*: no translation is forgotten.
  void invalidate(const ConfigInvalidation& request);
  /// CMD_TLBI_*: no configuration is forgotten.
  void invalidate(const TlbInvalidation& request);
  void tell_invalidated() {
    ++epoch;
    if (on_invalidate) on_invalidate();
  }

  /// A request found the line: replacement and statistics see it.
  void use_config(ConfigCache::Slot slot) {
    ++statistics.config_hits;
    configs.touch(slot);
  }
  void use_translation(Tlb::Slot slot, bool in_micro) {
    ++statistics.tlb_hits;
    tlb.touch(slot);
    if (in_micro)
      ++statistics.micro_tlb_hits;
    else
      tlb.enter_micro(slot);
  }

  ConfigCache configs;
  Tlb tlb;
  /// Tables that descriptors of both stages point to.
  BlockCache walks;
  /// IPA to output address.
  BlockCache ipas;
  /// Stage 2 is there, so that entries belong to VMIDs.
  bool counts_vmid;
  /// See iommu::CacheHits.
  std::uint64_t epoch = 0;
  CacheStatistics statistics;
  std::function<void()> on_invalidate;
};

}  // namespace iommusim::smmuv3
