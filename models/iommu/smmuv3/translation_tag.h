// SPDX-License-Identifier: Apache-2.0
// What cached translations and tables belong to (SMMUv3 architecture, 3.17 and 8): regime, VMID, ASID, block of input
// addresses. The stream is no part of it.
#pragma once

#include "iommu/smmuv3/invalidation.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::smmuv3 {

class TranslationTag {
 public:
  enum class Kind : std::uint8_t {
    /// Input address to output address, by stage 1 or by both.
    page,
    /// IPA to output address.
    stage_2_page,
    /// Where the table below a stage 1 descriptor stands.
    stage_1_table,
    stage_2_table,
  };

  /// The address space in which a tag's addresses mean something, in the tag's own coding: tags are made on every
  /// lookup, spaces once for a context.
  class Space {
   public:
    constexpr Space() = default;
    constexpr Space(Kind kind, Regime regime, std::uint16_t vmid, std::uint16_t asid)
        : belongs_{used | static_cast<std::uint64_t>(regime) << 2 | static_cast<std::uint64_t>(kind)},
          owner_{std::uint32_t{vmid} << 16 | asid} {}

    constexpr Space as(Kind other) const {
      Space result = *this;
      result.belongs_ = (belongs_ & ~kind_mask) | static_cast<std::uint64_t>(other);
      return result;
    }
    /// Global entries have no ASID.
    constexpr Space as_global() const {
      Space result = *this;
      result.belongs_ |= global;
      result.owner_ &= ~asid_mask;
      return result;
    }

   private:
    friend class TranslationTag;
    std::uint64_t belongs_ = used;
    std::uint32_t owner_ = 0;
  };

  constexpr TranslationTag() = default;
  /// The block of 2^`shift` bytes that holds `address`, of which bits 55:12 count: above are copies of bit 55, or a
  /// tag.
  constexpr TranslationTag(const Space& space, std::uint64_t address, unsigned shift)
      : block_{(address & address_mask) >> shift << block_shift | std::uint64_t{shift} << 8 | space.belongs_},
        owner_{space.owner_} {}

  constexpr Kind kind() const { return static_cast<Kind>(block_ & kind_mask); }
  constexpr Regime regime() const { return static_cast<Regime>(block_ >> 2 & 3); }
  constexpr bool is_global() const { return (block_ & global) != 0; }
  constexpr std::uint16_t vmid() const { return static_cast<std::uint16_t>(owner_ >> 16); }
  constexpr std::uint16_t asid() const { return static_cast<std::uint16_t>(owner_); }
  /// log2 of the block's bytes.
  constexpr unsigned shift() const { return static_cast<unsigned>(block_ >> 8 & 0x3F); }
  /// Bits 55:0.
  constexpr std::uint64_t address() const { return block_ >> block_shift << shift(); }
  constexpr bool is_of_stage_2() const { return kind() == Kind::stage_2_page || kind() == Kind::stage_2_table; }
  constexpr bool is_table() const { return kind() == Kind::stage_1_table || kind() == Kind::stage_2_table; }

  /// Neighbouring blocks lie in neighbouring sets; address spaces that use the same addresses do not meet in one.
  constexpr std::size_t index() const { return (block_ >> block_shift) ^ owner_ ^ (owner_ >> 16); }
  friend constexpr bool operator==(TranslationTag a, TranslationTag b) {
    return a.block_ == b.block_ && a.owner_ == b.owner_;
  }

  static constexpr std::uint64_t address_mask = 0x00FF'FFFF'FFFF'F000;

 private:
  static constexpr unsigned block_shift = 20;
  static constexpr std::uint64_t kind_mask = 3;
  static constexpr std::uint64_t global = 1U << 4;
  static constexpr std::uint64_t used = 1U << 5;
  static constexpr std::uint32_t asid_mask = 0xFFFF;

  /// Block number, shift, in use, global, regime, kind.
  std::uint64_t block_ = 0;
  std::uint32_t owner_ = 0;
};

/// True when the command removes what has the tag. `counts_vmid`: the unit has stage 2, so that VMIDs mean something.
bool concerns(const TlbInvalidation& request, const TranslationTag& tag, bool counts_vmid);

}  // namespace iommusim::smmuv3
