// SPDX-License-Identifier: Apache-2.0
// How an input address is cut into table indices (VMSAv8-64): granule, start level, widths.
#pragma once

#include <cstdint>
#include <optional>

namespace iommusim::smmuv3 {

/// log2 of the bytes of a page and of a table.
enum class Granule : std::uint8_t { size_4k = 12, size_16k = 14, size_64k = 16 };

constexpr unsigned last_level = 3;
constexpr unsigned descriptor_bytes = 8;

/// Input bits that one level resolves.
constexpr unsigned stride(Granule granule) {
  return static_cast<unsigned>(granule) - 3;
}

/// Lowest input bit of the index at `level`: log2 of what one entry there covers. All that occur differ, so that the
/// shift alone tells granule and level.
constexpr unsigned index_shift(Granule granule, unsigned level) {
  return static_cast<unsigned>(granule) + (last_level - level) * stride(granule);
}

/// The address has more than `bits` bits.
constexpr bool exceeds(std::uint64_t address, unsigned bits) {
  return address >> bits != 0;
}

struct TableGeometry {
  Granule granule = Granule::size_4k;
  std::uint8_t input_bits = 0;
  std::uint8_t start_level = 0;

  constexpr unsigned shift(unsigned level) const { return index_shift(granule, level); }
  /// Index bits of the first table; more than a stride where stage 2 concatenates tables.
  constexpr unsigned start_width() const { return input_bits - shift(start_level); }
  /// Address of the entry for `address` in the table of `level`.
  constexpr std::uint64_t entry_offset(std::uint64_t address, unsigned level) const;
  /// The level of the table below an entry that covers 2^`shift` bytes; 0 where this geometry has none.
  constexpr unsigned level_below(unsigned shift) const {
    for (unsigned level = start_level; level < last_level; ++level)
      if (this->shift(level) == shift) return level + 1;
    return 0;
  }
  /// Bytes of the first table, or of all that are concatenated.
  constexpr std::uint64_t start_bytes() const { return std::uint64_t{descriptor_bytes} << start_width(); }
  /// Where the first table is: aligned to its size, and to 64 bytes where `output_bits` is 52 (5.2, S2TTB; 5.4, TTB0).
  constexpr std::uint64_t start_table(std::uint64_t base, unsigned output_bits) const {
    const std::uint64_t least = output_bits == 52 ? 64 : descriptor_bytes;
    return base & ~((start_bytes() < least ? least : start_bytes()) - 1);
  }
};

/// Where a walk stands: level by level, from the first table down to the last.
class TableLevel {
 public:
  /// In the table of `level`.
  constexpr TableLevel(const TableGeometry& geometry, unsigned level)
      : number_{level},
        shift_{geometry.shift(level)},
        stride_{stride(geometry.granule)},
        below_{mask_of(stride_)},
        indices_{level == geometry.start_level ? mask_of(geometry.start_width()) : below_} {}

  constexpr unsigned number() const { return number_; }
  /// log2 of what one entry covers.
  constexpr unsigned shift() const { return shift_; }
  /// Of the entry for `address`, in bytes from the start of the table.
  constexpr std::uint64_t entry_offset(std::uint64_t address) const {
    return (address >> shift_ & indices_) * descriptor_bytes;
  }
  constexpr void descend() {
    ++number_;
    shift_ -= stride_;
    indices_ = below_;
  }

 private:
  static constexpr std::uint64_t mask_of(unsigned width) { return (std::uint64_t{1} << width) - 1; }

  unsigned number_;
  unsigned shift_;
  unsigned stride_;
  /// Mask of the index into a table, below the first and here.
  std::uint64_t below_;
  std::uint64_t indices_;
};

constexpr std::uint64_t TableGeometry::entry_offset(std::uint64_t address, unsigned level) const {
  return TableLevel{*this, level}.entry_offset(address);
}

/// The level at which the first table of stage 1 stands. Precondition: more bits than the granule's.
constexpr unsigned stage_1_start_level(Granule granule, unsigned input_bits) {
  unsigned level = last_level;
  while (level != 0 && input_bits > index_shift(granule, level) + stride(granule))
    --level;
  return level;
}

/// TG0 and S2TG; nullopt: reserved.
constexpr std::optional<Granule> granule_of_tg0(unsigned tg) {
  switch (tg) {
    case 0: return Granule::size_4k;
    case 1: return Granule::size_64k;
    case 2: return Granule::size_16k;
    default: return std::nullopt;
  }
}
/// TG1 has a coding of its own.
constexpr std::optional<Granule> granule_of_tg1(unsigned tg) {
  switch (tg) {
    case 1: return Granule::size_16k;
    case 2: return Granule::size_4k;
    case 3: return Granule::size_64k;
    default: return std::nullopt;
  }
}

}  // namespace iommusim::smmuv3
