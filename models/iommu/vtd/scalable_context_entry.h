// SPDX-License-Identifier: Apache-2.0
// The root entry and the context entry of scalable mode (VT-d specification, 9.2 and 9.4).
#pragma once

#include "base/requester_id.h"
#include "base/word.h"

#include <cstdint>

namespace iommusim::vtd {

/// One half of a root entry: the lower serves devfn 0x00 to 0x7F, the upper 0x80 to 0xFF.
struct ScalableRootHalf : Word<64> {
  using Word::Word;
  /// LCTP and UCTP.
  struct CTP : Field<63, 12> {};
  /// LP and UP.
  struct P : Field<0, 0, bool> {};

  static constexpr std::uint64_t reserved = Field<11, 1>::mask;
};

/// The half that serves a requester; 0 is the lower.
constexpr std::size_t root_half_of(RequesterId requester) {
  return requester.devfn() >> 7;
}

struct ScalableContextEntry : Word<256> {
  using Word::Word;
  // NOLINTBEGIN(readability-identifier-naming): the specification's names.
  struct RID_PRIV : Field<84, 84, bool> {};
  struct RID_PASID : Field<83, 64, std::uint32_t> {};
  // NOLINTEND(readability-identifier-naming)
  struct PASIDDIRPTR : Field<63, 12> {};
  struct PDTS : Field<11, 9, std::uint8_t> {};
  struct PRE : Field<4, 4, bool> {};
  struct PASIDE : Field<3, 3, bool> {};
  struct DTE : Field<2, 2, bool> {};
  struct FPD : Field<1, 1, bool> {};
  struct P : Field<0, 0, bool> {};
};
static_assert(
    fields_disjoint<ScalableContextEntry::RID_PRIV, ScalableContextEntry::RID_PASID, ScalableContextEntry::PASIDDIRPTR,
                    ScalableContextEntry::PDTS, ScalableContextEntry::PRE, ScalableContextEntry::PASIDE,
                    ScalableContextEntry::DTE, ScalableContextEntry::FPD, ScalableContextEntry::P>());

/// Entries of one scalable-mode context table.
constexpr unsigned scalable_context_entries = 128;

}  // namespace iommusim::vtd
