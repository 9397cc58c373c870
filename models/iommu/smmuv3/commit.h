// SPDX-License-Identifier: Apache-2.0
// Makes a decision real: table updates and cache fills.
#pragma once

#include "iommu/cache_hits.h"
#include "iommu/smmuv3/decision_effects.h"
#include "iommu/smmuv3/translation_caches.h"
#include "iommu/translation.h"
#include "memory/physical_bus.h"

#include <optional>

namespace iommusim::smmuv3 {

/// commit() of what the caches did not answer alone.
void commit_misses(TranslationCaches& caches, memory::PhysicalBus& bus, const iommu::TranslationRequest& request,
                   iommu::FetchLog& fetches, DecisionEffects& effects, iommu::TranslationResult& result);

/// To be called after decide(), with what it gave. Access flags and dirty states go to memory, each by one atomic
/// update, in the order of the walk. One that memory refuses makes an external abort of the walk of `result`, and
/// effects.event its record. Then the caches are touched and filled. The event is the caller's to record.
inline void commit(TranslationCaches& caches, memory::PhysicalBus& bus, const iommu::TranslationRequest& request,
                   iommu::FetchLog& fetches, DecisionEffects& effects, iommu::TranslationResult& result) {
  if (effects.config_lookup != Lookup::hit || effects.tlb_lookup != Lookup::hit)
    return commit_misses(caches, bus, request, fetches, effects, result);
  caches.use_config(effects.config_slot);
  caches.use_translation(effects.tlb_slot, effects.in_micro_tlb);
}

/// What iommu::Unit::last_hits() asks for, after commit(); `outcome` is the result's.
std::optional<iommu::CacheHits> hits_of(const TranslationCaches& caches, const DecisionEffects& effects,
                                        iommu::Outcome outcome);
/// iommu::Unit::repeat(): false when the caches have changed since.
bool repeat(TranslationCaches& caches, const iommu::CacheHits& hits);

}  // namespace iommusim::smmuv3
