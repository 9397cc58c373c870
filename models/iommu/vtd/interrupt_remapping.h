// SPDX-License-Identifier: Apache-2.0
// What a unit does with an interrupt request, decided from its state without changing it (VT-d specification, 5.1.4 and
// 5.2.3).
#pragma once

#include "iommu/translation.h"
#include "iommu/vtd/fault_reasons.h"
#include "iommu/vtd/interrupt_entry_cache.h"
#include "iommu/vtd/interrupt_entry_check.h"
#include "iommu/vtd/interrupt_message.h"
#include "iommu/vtd/interrupt_posting.h"
#include "iommu/vtd/registers.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <optional>

namespace iommusim::vtd {

/// What GCMD put into force.
struct InterruptRemappingState {
  /// GSTS.IRES and GSTS.CFIS.
  bool enabled = false;
  bool compatibility_format = false;
  /// IRTA as SIRTP latched it.
  PhysAddr table;
  /// Entries of the table.
  std::uint32_t entries = 2;
  /// IRTA.EIME.
  bool extended = false;
};

/// Everything that a decision depends on.
struct InterruptInputs {
  const InterruptRemappingState& state;
  const InterruptEntryCache& entries;
  const memory::PhysicalBus& bus;
  /// CAP.PI.
  bool posting;
  /// Address bits HAW-1:0.
  std::uint64_t host_bits;
};

/// What making a decision real would do.
struct InterruptEffects {
  /// interrupt_index of the request; 0 where it has none. What a fault record shows.
  std::uint32_t index = 0;
  InterruptEntryCache::Slot slot = InterruptEntryCache::none;
  /// The entry was fetched and is to be cached.
  bool fills_entry = false;
  InterruptRemappingEntry entry;
  /// A posted interrupt: the descriptor to be written to `descriptor`, and whom to notify.
  std::optional<Posting> posting;
  PhysAddr descriptor;
  bool fpd = false;
  interrupts::MsiMessage notification;
};

/// `request` is an interrupt request: vtd/interrupt_range.h has said so. `fetches` is cleared, then lists what is read.
iommu::TranslationResult decide_interrupt(const InterruptInputs& unit, const iommu::TranslationRequest& request,
                                          iommu::FetchLog& fetches, InterruptEffects& effects);

/// What FRCD holds of a refused interrupt request, with F set: FI shows interrupt_index (7.3).
FaultRecord interrupt_fault_record(const iommu::TranslationRequest& request, std::uint32_t index, std::uint16_t reason);

}  // namespace iommusim::vtd
