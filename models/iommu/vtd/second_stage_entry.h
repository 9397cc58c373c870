// SPDX-License-Identifier: Apache-2.0
// The second-stage paging entry (VT-d specification, 9.8), the same for every level.
#pragma once

#include "base/word.h"
#include "iommu/vtd/paging_levels.h"

namespace iommusim::vtd {

struct SecondStageEntry : Word<64> {
  using Word::Word;
  struct TM : Field<62, 62, bool> {};
  struct ADDR : Field<51, 12> {};
  struct SNP : Field<11, 11, bool> {};
  /// A and D count with SSADE only, X with SSEE.
  struct D : Field<9, 9, bool> {};
  struct A : Field<8, 8, bool> {};
  struct PS : Field<7, 7, bool> {};
  struct X : Field<2, 2, bool> {};
  struct W : Field<1, 1, bool> {};
  struct R : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<SecondStageEntry::TM, SecondStageEntry::ADDR, SecondStageEntry::SNP, SecondStageEntry::D,
                              SecondStageEntry::A, SecondStageEntry::PS, SecondStageEntry::X, SecondStageEntry::W,
                              SecondStageEntry::R>());

/// In legacy mode.
inline constexpr EntryNames entry_names{"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
/// In scalable mode, where there is a first stage too.
inline constexpr EntryNames second_stage_entry_names{"", "SS-PTE", "SS-PDE", "SS-PDPTE", "SS-PML4E", "SS-PML5E"};

}  // namespace iommusim::vtd
