// SPDX-License-Identifier: Apache-2.0
// What a unit does with a request, decided from its state without changing it.
#pragma once

#include "base/address.h"
#include "iommu/translation.h"
#include "iommu/vtd/context_cache.h"
#include "iommu/vtd/iotlb.h"
#include "iommu/vtd/protected_memory.h"
#include "iommu/vtd/registers.h"
#include "iommu/vtd/table_format.h"
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
  const ContextCache& contexts;
  const Iotlb& iotlb;
  const memory::PhysicalBus& bus;
};

enum class Lookup : std::uint8_t { not_made, hit, miss };

/// What making a decision real would do to the caches.
struct CacheEffects {
  Lookup context_lookup = Lookup::not_made;
  /// On a miss: `context` is to be cached.
  bool fills_context = false;
  Lookup iotlb_lookup = Lookup::not_made;
  /// On a miss: `iotlb_entry` is to be cached.
  bool fills_iotlb = false;
  ContextCache::Slot context_slot = ContextCache::none;
  Iotlb::Slot iotlb_slot = Iotlb::none;
  Context context;
  IotlbTag iotlb_tag;
  IotlbEntry iotlb_entry;
};

/// The checks in the order of the specification: interrupt range, protected memory, TES, table mode, then the
/// tables. `fetches` is cleared, then lists the table fetches in order; `effects` must be new.
iommu::TranslationResult decide(const DecisionInputs& unit, const iommu::TranslationRequest& request,
                                iommu::FetchLog& fetches, CacheEffects& effects);

}  // namespace iommusim::vtd
