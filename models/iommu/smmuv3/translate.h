// SPDX-License-Identifier: Apache-2.0
// What an SMMUv3 does with a transaction, decided from its state without changing it (SMMUv3 architecture, 3.4, 5.5
// and 7.3).
#pragma once

#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/control_state.h"
#include "iommu/smmuv3/decision_effects.h"
#include "iommu/smmuv3/translation_caches.h"
#include "iommu/translation.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <optional>

namespace iommusim::smmuv3 {

/// Everything that a decision depends on.
struct DecisionInputs {
  const UnitConfig& config;
  const ControlState& control;
  const TranslationCaches& caches;
  const memory::PhysicalBus& bus;
};

/// The StreamID of a requester; nullopt: its requests do not come to the unit.
std::optional<std::uint32_t> stream_of(const UnitConfig& config, RequesterId requester);

/// The checks in the order of the architecture: SMMUEN, StreamID, STE, SubstreamID, CD, translation, permissions.
/// `fetches` and `effects` are cleared; `fetches` then lists the table fetches in order. With outcome `stalled`, who
/// holds the transaction gives it a tag: result.message_data and effects.event.stall_tag. An event is to be recorded
/// when result.fault_recorded, and then it is effects.event. That memory refuses to have a flag updated shows when it
/// is tried only: see commit().
iommu::TranslationResult decide(const DecisionInputs& unit, const iommu::TranslationRequest& request,
                                iommu::FetchLog& fetches, DecisionEffects& effects);

}  // namespace iommusim::smmuv3
