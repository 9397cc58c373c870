// SPDX-License-Identifier: Apache-2.0
// Registers of 64 bits that may also be reached in halves (GICv3 architecture, 12.1).
#pragma once

#include <cstdint>

namespace iommusim::gic {

/// True for one aligned access of 4 or 8 bytes.
constexpr bool is_register_access(std::uint64_t offset, unsigned width) {
  return (width == 4 || width == 8) && offset % width == 0;
}

/// What an access of `width` bytes at `offset` reads of the 64-bit register that contains it.
constexpr std::uint64_t part_of(std::uint64_t value, std::uint64_t offset, unsigned width) {
  if (width == 8) return value;
  return value >> (8 * (offset % 8)) & 0xFFFF'FFFF;
}

/// The register after a write of `width` bytes at `offset` to it.
constexpr std::uint64_t merged(std::uint64_t old, std::uint64_t offset, unsigned width, std::uint64_t value) {
  if (width == 8) return value;
  const unsigned shift = offset % 8 == 0 ? 0 : 32;
  const std::uint64_t mask = std::uint64_t{0xFFFF'FFFF} << shift;
  return (old & ~mask) | (value << shift & mask);
}

}  // namespace iommusim::gic
