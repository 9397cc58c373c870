// SPDX-License-Identifier: Apache-2.0
// Bits by number, as the specifications' tables write them.
#pragma once

#include <cstdint>

namespace iommusim::oracle {

/// Bits hi..lo of a word, at bit 0.
constexpr std::uint64_t bits(std::uint64_t word, unsigned hi, unsigned lo) {
  return (word << (63 - hi)) >> (63 - hi + lo);
}

constexpr bool bit(std::uint64_t word, unsigned number) {
  return bits(word, number, number) != 0;
}

/// Bits hi..lo of a word, in place.
constexpr std::uint64_t in_place(std::uint64_t word, unsigned hi, unsigned lo) {
  return bits(word, hi, lo) << lo;
}

/// Any of bits 63..lo; `lo` may be 64.
constexpr bool any_from(std::uint64_t word, unsigned lo) {
  return lo < 64 && bits(word, 63, lo) != 0;
}

}  // namespace iommusim::oracle
