// SPDX-License-Identifier: Apache-2.0
// INTIDs (GICv3 architecture, 2.2).
#pragma once

#include <cstdint>

namespace iommusim::gic {

/// Shared peripheral interrupts.
constexpr std::uint32_t first_spi = 32;
constexpr std::uint32_t last_spi = 1019;
/// Locality-specific peripheral interrupts: from here to the end of the INTIDs.
constexpr std::uint32_t first_lpi = 8192;

/// GICD_TYPER.IDbits + 1 of a GIC that has LPIs.
constexpr unsigned least_interrupt_bits = 14;
constexpr unsigned most_interrupt_bits = 24;

/// `bits`: width of the INTIDs.
constexpr bool is_lpi(std::uint64_t intid, unsigned bits) {
  return intid >= first_lpi && intid < std::uint64_t{1} << bits;
}

}  // namespace iommusim::gic
