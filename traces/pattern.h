// SPDX-License-Identifier: Apache-2.0
// What a device writes when the trace does not say it: bytes that tell who wrote them for which address.
#pragma once

#include "base/address.h"
#include "base/requester_id.h"

#include <cstdint>

namespace iommusim::traces {

/// The byte that `requester` writes at `address`: byte (address mod 8) of the little-endian 64-bit word
/// (requester ID << 48) ^ (address rounded down to 8).
constexpr std::uint8_t pattern_byte(RequesterId requester, BusAddr address) {
  const std::uint64_t word = (std::uint64_t{requester.raw()} << 48) ^ address.aligned_down(8).value();
  return static_cast<std::uint8_t>(word >> (8 * address.offset_in(8)));
}

/// Fills `to` with the pattern for [address, address + size).
inline void fill_pattern(RequesterId requester, BusAddr address, std::uint8_t* to, std::uint64_t size) {
  for (std::uint64_t i = 0; i < size; ++i)
    to[i] = pattern_byte(requester, address + i);
}

}  // namespace iommusim::traces
