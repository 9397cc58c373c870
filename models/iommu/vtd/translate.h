// SPDX-License-Identifier: Apache-2.0
// What a unit does with a request, decided from its state without changing it.
#pragma once

#include "base/address.h"
#include "iommu/translation.h"
#include "iommu/vtd/paging_cache_effects.h"
#include "iommu/vtd/protected_memory.h"
#include "iommu/vtd/registers.h"
#include "iommu/vtd/table_format.h"
#include "iommu/vtd/translation_caches.h"
#include "memory/physical_bus.h"

#include <cstdint>

namespace iommusim::vtd {

/// What GCMD put into force.
struct RemappingState {
  /// GSTS.TES.
  bool enabled = false;
  /// RTADDR as SRTP latched it.
  TableMode table_mode = TableMode::legacy;
  PhysAddr root_table;
};

/// Everything that a decision depends on.
struct DecisionInputs {
  const TableFormat& format;
  const RemappingState& remapping;
  const ProtectedMemory& protected_memory;
  const TranslationCaches& caches;
  const memory::PhysicalBus& bus;
};

enum class Lookup : std::uint8_t { not_made, hit, miss };

/// What making a decision real would do to the caches and tables. To be used for one request after another: what a
/// decision does not set is left over from the one before.
struct DecisionEffects {
  void clear() {
    context_lookup = pasid_lookup = iotlb_lookup = Lookup::not_made;
    fills_context = fills_pasid = fills_iotlb = updates_tables = fpd = false;
    paging.clear();
  }

  Lookup context_lookup = Lookup::not_made;
  Lookup pasid_lookup = Lookup::not_made;
  Lookup iotlb_lookup = Lookup::not_made;
  /// On a miss: what was looked up is to be cached.
  bool fills_context = false;
  bool fills_pasid = false;
  bool fills_iotlb = false;
  /// Some fetches have bits to be set in memory.
  bool updates_tables = false;
  /// The effective FPD, should setting them fail.
  bool fpd = false;
  ContextCache::Slot context_slot = ContextCache::none;
  PasidCache::Slot pasid_slot = PasidCache::none;
  Iotlb::Slot iotlb_slot = Iotlb::none;
  Context context;
  PasidTag pasid_tag;
  PasidContext pasid;
  IotlbTag iotlb_tag;
  IotlbEntry iotlb_entry;
  PagingCacheEffects paging;
};

/// The checks in the order of the specification: interrupt range, protected memory, TES, table mode, then the
/// tables. `fetches` and `effects` are cleared; `fetches` then lists the table fetches in order. That memory refuses to
/// have an accessed or dirty bit set shows when it is tried only.
iommu::TranslationResult decide(const DecisionInputs& unit, const iommu::TranslationRequest& request,
                                iommu::FetchLog& fetches, DecisionEffects& effects);

}  // namespace iommusim::vtd
