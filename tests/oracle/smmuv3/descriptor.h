// SPDX-License-Identifier: Apache-2.0
// Translation table descriptors of VMSAv8-64, as far as both stages have them in common.
#pragma once

#include "oracle/smmuv3/facts.h"

#include <algorithm>
#include <cstdint>

namespace iommusim::oracle::smmuv3 {

struct Format {
  unsigned granule = granule_4k;
  bool big_endian = false;
  /// Effective IPS or S2PS.
  unsigned output_bits = 48;
  /// The implementation's output size is 52 bits.
  bool wide = false;

  unsigned stride() const { return granule - 3; }
  /// Lowest input bit that indexes tables of this level.
  unsigned shift(unsigned level) const { return granule + (3 - level) * stride(); }
};

/// Descriptors in memory and as a 64-bit number: the same operation both ways.
inline std::uint64_t in_order(std::uint64_t word, const Format& format) {
  if (!format.big_endian) return word;
  std::uint64_t swapped = 0;
  for (unsigned byte = 0; byte < 8; ++byte)
    swapped |= bits(word, 8 * byte + 7, 8 * byte) << (56 - 8 * byte);
  return swapped;
}

enum class Kind : std::uint8_t { invalid, table, leaf };

inline bool allows_blocks(unsigned level, const Format& format) {
  if (level == 2) return true;
  return level == 1 && (format.granule == granule_4k || (format.granule == granule_64k && format.wide));
}

inline Kind kind_of(std::uint64_t descriptor, unsigned level, const Format& format) {
  if (!bit(descriptor, 0)) return Kind::invalid;
  if (level == 3) return bit(descriptor, 1) ? Kind::leaf : Kind::invalid;
  if (bit(descriptor, 1)) return Kind::table;
  return allows_blocks(level, format) ? Kind::leaf : Kind::invalid;
}

/// Bits 47:lo; with 64 KiB tables and 52 bits of output, bits 15:12 continue them.
inline std::uint64_t address_in(std::uint64_t descriptor, unsigned lo, const Format& format) {
  const bool continued = format.granule == granule_64k && format.wide;
  return in_place(descriptor, 47, lo) | (continued ? bits(descriptor, 15, 12) << 48 : 0);
}

/// Bytes that a leaf maps; with the Contiguous bit, those of its run.
inline std::uint64_t mapped_bytes(std::uint64_t descriptor, unsigned level, const Format& format) {
  const std::uint64_t one = std::uint64_t{1} << format.shift(level);
  if (!bit(descriptor, 52)) return one;
  if (format.granule == granule_4k) return one * 16;
  if (format.granule == granule_16k && level == 3) return one * 128;
  return one * 32;
}

/// Where the descriptor for `address` is in the table of `level`: that has 2^index_bits entries.
inline std::uint64_t descriptor_address(std::uint64_t table, std::uint64_t address, unsigned level, unsigned index_bits,
                                        const Format& format) {
  const unsigned shift = format.shift(level);
  return table + 8 * bits(address, shift + index_bits - 1, shift);
}

/// The first table: aligned to its size; with 52 bits of output to 64 bytes at least.
inline std::uint64_t first_table(std::uint64_t base, unsigned index_bits, const Format& format) {
  const unsigned alignment = std::max(index_bits + 3, format.output_bits == 52 ? 6U : 0U);
  return base & ~((std::uint64_t{1} << alignment) - 1);
}

}  // namespace iommusim::oracle::smmuv3
