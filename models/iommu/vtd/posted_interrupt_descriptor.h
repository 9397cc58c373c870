// SPDX-License-Identifier: Apache-2.0
// Where interrupts for a virtual processor are taken down (VT-d specification, 9.11): 64 bytes, 64-byte aligned.
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::vtd {

/// Bits 255:0 are PIR, one for each vector; 511:320 are software's.
struct PostedInterruptDescriptor : Word<512> {
  using Word::Word;
  /// NDST without extended interrupt mode.
  struct NDST8 : Field<303, 296, std::uint8_t> {};
  struct NDST : Field<319, 288, std::uint32_t> {};
  struct NV : Field<279, 272, std::uint8_t> {};
  struct SN : Field<257, 257, bool> {};
  struct ON : Field<256, 256, bool> {};
  struct ReservedAboveVector : Field<287, 280> {};
  struct ReservedBelowVector : Field<271, 258> {};

  /// `extended`: NDST has 32 bits.
  bool has_reserved_bits(bool extended) const {
    const bool has_wide_destination = !extended && (word(NDST::word) & NDST::mask & ~NDST8::mask) != 0;
    return get<ReservedAboveVector>() != 0 || get<ReservedBelowVector>() != 0 || has_wide_destination;
  }
  bool is_requested(std::uint8_t vector) const { return (word(vector / 64) >> vector % 64 & 1) != 0; }
  void request(std::uint8_t vector) { set_word(vector / 64, word(vector / 64) | std::uint64_t{1} << vector % 64); }
};
static_assert(
    fields_disjoint<PostedInterruptDescriptor::NDST, PostedInterruptDescriptor::NV, PostedInterruptDescriptor::SN,
                    PostedInterruptDescriptor::ON, PostedInterruptDescriptor::ReservedAboveVector,
                    PostedInterruptDescriptor::ReservedBelowVector>());

}  // namespace iommusim::vtd
