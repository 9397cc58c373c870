// SPDX-License-Identifier: Apache-2.0
// What a device writes when the trace does not say it: bytes that tell who wrote them for which address.
#pragma once

#include "base/address.h"
#include "base/endian.h"
#include "base/requester_id.h"

#include <cstdint>

namespace iommusim::traces {

/// The little-endian 64-bit word that `requester` writes around `address`: (requester ID << 48) ^ (address rounded down
/// to 8).
constexpr std::uint64_t pattern_word(RequesterId requester, BusAddr address) {
  return (std::uint64_t{requester.raw()} << 48) ^ address.aligned_down(8).value();
}

/// Byte (address mod 8) of that word.
constexpr std::uint8_t pattern_byte(RequesterId requester, BusAddr address) {
  return static_cast<std::uint8_t>(pattern_word(requester, address) >> (8 * address.offset_in(8)));
}

/// Fills `to` with the pattern for [address, address + size): whole words, and the bytes before and behind them.
inline void fill_pattern(RequesterId requester, BusAddr address, std::uint8_t* to, std::uint64_t size) {
  std::uint64_t i = 0;
  for (; i < size && (address + i).offset_in(8) != 0; ++i)
    to[i] = pattern_byte(requester, address + i);
  for (; size - i >= 8; i += 8)
    store_le(to + i, pattern_word(requester, address + i));
  for (; i < size; ++i)
    to[i] = pattern_byte(requester, address + i);
}

}  // namespace iommusim::traces
