// SPDX-License-Identifier: Apache-2.0
// Bits by number, and the one range that VT-d treats apart.
#pragma once

#include "oracle/bits.h"

#include <cstdint>

namespace iommusim::oracle::vtd {

using oracle::any_from;
using oracle::bit;
using oracle::bits;
using oracle::in_place;

constexpr bool is_in_interrupt_range(std::uint64_t address) {
  return address >= 0xFEE0'0000 && address <= 0xFEEF'FFFF;
}

}  // namespace iommusim::oracle::vtd
