// SPDX-License-Identifier: Apache-2.0
// What making a decision real would do to caches, tables and event queue.
#pragma once

#include "iommu/smmuv3/config_cache.h"
#include "iommu/smmuv3/event_record.h"
#include "iommu/smmuv3/memory_attributes.h"
#include "iommu/smmuv3/tlb.h"
#include "iommu/smmuv3/walk_effects.h"
#include "iommu/translation.h"

#include <array>
#include <cstdint>

namespace iommusim::smmuv3 {

enum class Lookup : std::uint8_t { not_made, hit, miss };

/// What a descriptor was fetched for that the unit updates. Without defaults: a walk has room for some that it seldom
/// needs.
struct UpdatePurpose {
  bool stage_2;
  FaultClass fault_class;
};

/// To be used for one request after another: what a decision does not set is left over from the one before.
struct DecisionEffects {
  void clear() {
    config_lookup = tlb_lookup = Lookup::not_made;
    in_micro_tlb = fills_config = fills_tlb = updates_tables = records_update_failure = false;
    walk.clear();
  }

  Lookup config_lookup = Lookup::not_made;
  Lookup tlb_lookup = Lookup::not_made;
  /// On a TLB hit: the micro TLB had the entry already.
  bool in_micro_tlb = false;
  /// On a miss: what was looked up is to be cached.
  bool fills_config = false;
  bool fills_tlb = false;
  /// Some fetches have bits to be changed in memory.
  bool updates_tables = false;
  ConfigCache::Slot config_slot = ConfigCache::none;
  /// With a miss: a line that lacked a permission, or none.
  Tlb::Slot tlb_slot = Tlb::none;
  ConfigTag config_tag;
  StreamContext context;
  /// What a translated transaction of split-stage ATS is translated by. Not for the caches.
  StreamContext translated_context;
  TranslationTag tlb_tag;
  CachedTranslation tlb_entry;
  WalkEffects walk;
  /// Of the access that goes on; only with outcome `translated`.
  MemoryAttributes attributes;
  bool privileged = false;
  bool instruction = false;
  /// Only with result.fault_recorded. With `updates_tables` what an update that fails is to be recorded as, but for its
  /// code, stage and address.
  Event event;
  /// It is to be recorded.
  bool records_update_failure = false;
  /// With `updates_tables`: of these fetches, by their place among all.
  std::array<UpdatePurpose, iommu::FetchLog::capacity> update_purposes{};
};

}  // namespace iommusim::smmuv3
