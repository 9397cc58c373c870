// SPDX-License-Identifier: Apache-2.0
// Translation table descriptors of both stages (VMSAv8-64, 64-bit descriptors).
#pragma once

#include "base/word.h"
#include "iommu/smmuv3/table_geometry.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// Blocks, pages and tables of stage 1.
struct Stage1Descriptor : Word<64> {
  using Word::Word;
  struct NSTable : Field<63, 63, bool> {};
  /// Bit 1 takes write permission away below, bit 0 access without privilege.
  struct APTable : Field<62, 61, std::uint8_t> {};
  /// XNTable where there is one privilege level.
  struct UXNTable : Field<60, 60, bool> {};
  struct PXNTable : Field<59, 59, bool> {};
  /// XN where there is one privilege level.
  struct UXN : Field<54, 54, bool> {};
  struct PXN : Field<53, 53, bool> {};
  struct Contiguous : Field<52, 52, bool> {};
  struct DBM : Field<51, 51, bool> {};
  struct nG : Field<11, 11, bool> {};  // NOLINT(readability-identifier-naming): the architecture's name.
  struct AF : Field<10, 10, bool> {};
  struct SH : Field<9, 8, std::uint8_t> {};
  /// AP[2]: read-only.
  struct AP2 : Field<7, 7, bool> {};
  /// AP[1]: access without privilege.
  struct AP1 : Field<6, 6, bool> {};
  struct AttrIndx : Field<4, 2, std::uint8_t> {};
};

struct Stage2Descriptor : Word<64> {
  using Word::Word;
  /// XN[1:0]; without XNX bit 1 alone counts.
  struct XN : Field<54, 53, std::uint8_t> {};
  struct Contiguous : Field<52, 52, bool> {};
  struct DBM : Field<51, 51, bool> {};
  struct AF : Field<10, 10, bool> {};
  struct SH : Field<9, 8, std::uint8_t> {};
  /// S2AP[1] and S2AP[0].
  struct W : Field<7, 7, bool> {};
  struct R : Field<6, 6, bool> {};
  struct MemAttr : Field<5, 2, std::uint8_t> {};
};

enum class DescriptorKind : std::uint8_t { invalid, table, leaf };

/// What does not differ from level to level. `wide`: output addresses have 52 bits.
class DescriptorFormat {
 public:
  constexpr DescriptorFormat(Granule granule, bool wide)
      : has_level_1_blocks_{granule == Granule::size_4k || (granule == Granule::size_64k && wide)},
        low_bits_{address_bits & ~((std::uint64_t{1} << static_cast<unsigned>(granule)) - 1)},
        high_bits_{granule == Granule::size_64k && wide ? std::uint64_t{0xF000} : 0} {}

  /// Bits 1:0, and whether the granule allows a block at the level.
  constexpr DescriptorKind kind_of(std::uint64_t descriptor, unsigned level) const {
    if ((descriptor & 1) == 0) return DescriptorKind::invalid;
    if ((descriptor & 2) != 0) return level == last_level ? DescriptorKind::leaf : DescriptorKind::table;
    const bool allows_block = level == 2 || (level == 1 && has_level_1_blocks_);
    return allows_block ? DescriptorKind::leaf : DescriptorKind::invalid;
  }

  /// The address in a table descriptor. Where a 64 KiB granule has 52-bit addresses, bits 15:12 are address bits 51:48.
  constexpr std::uint64_t table_of(std::uint64_t descriptor) const {
    return (descriptor & low_bits_) | (descriptor & high_bits_) << 36;
  }
  /// The address in the descriptor of 2^`shift` bytes.
  constexpr std::uint64_t block_of(std::uint64_t descriptor, unsigned shift) const {
    return table_of(descriptor) & ~((std::uint64_t{1} << shift) - 1);
  }

 private:
  static constexpr std::uint64_t address_bits = 0x0000'FFFF'FFFF'F000;

  bool has_level_1_blocks_;
  std::uint64_t low_bits_;
  std::uint64_t high_bits_;
};

}  // namespace iommusim::smmuv3
