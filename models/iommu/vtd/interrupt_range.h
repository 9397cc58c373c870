// SPDX-License-Identifier: Apache-2.0
// Requests to 0xFEEx_xxxx and translations that end there (VT-d specification, 3.15).
#pragma once

#include "base/address.h"
#include "interrupts/msi.h"
#include "iommu/translation.h"

#include <cstdint>
#include <optional>

namespace iommusim::vtd {

/// The bytes touch the interrupt range.
inline bool touches_interrupt_range(std::uint64_t address, std::uint32_t size) {
  const BusAddr first{address};
  return interrupts::local_apic_window.overlaps({first, first + (size == 0 ? 0 : size - 1)});
}

/// The aligned block of `size` bytes, a power of two, that holds `address`.
inline bool block_touches_interrupt_range(std::uint64_t address, std::uint64_t size) {
  const BusAddr first{address & ~(size - 1)};
  return interrupts::local_apic_window.overlaps({first, first + (size - 1)});
}

/// The answer to a request into the range that is settled before any translation, whatever TES says: untranslated
/// and without PASID. Outcome::interrupt says that it is an interrupt request; what becomes of it is decided in
/// vtd/interrupt_remapping.h. nullopt: the request takes the way of every other.
std::optional<iommu::TranslationResult> decide_interrupt_range(const iommu::TranslationRequest& request);

}  // namespace iommusim::vtd
