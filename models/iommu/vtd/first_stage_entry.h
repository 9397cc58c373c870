// SPDX-License-Identifier: Apache-2.0
// The first-stage paging entry (VT-d specification, 9.7), the same for every level and as in x86-64 processors.
#pragma once

#include "base/word.h"
#include "iommu/vtd/paging_levels.h"

#include <algorithm>

namespace iommusim::vtd {

struct FirstStageEntry : Word<64> {
  using Word::Word;
  struct XD : Field<63, 63, bool> {};
  struct ADDR : Field<51, 12> {};
  /// Only in an entry that maps a large page.
  struct LargePAT : Field<12, 12, bool> {};
  struct EA : Field<10, 10, bool> {};
  struct PS : Field<7, 7, bool> {};
  struct D : Field<6, 6, bool> {};
  struct A : Field<5, 5, bool> {};
  struct US : Field<2, 2, bool> {};
  struct RW : Field<1, 1, bool> {};
  struct P : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<FirstStageEntry::XD, FirstStageEntry::ADDR, FirstStageEntry::EA, FirstStageEntry::PS,
                              FirstStageEntry::D, FirstStageEntry::A, FirstStageEntry::US, FirstStageEntry::RW,
                              FirstStageEntry::P>());

inline constexpr EntryNames first_stage_entry_names{"", "FS-PTE", "FS-PDE", "FS-PDPTE", "FS-PML4E", "FS-PML5E"};

/// A fetch of that name.
inline bool is_first_stage_entry(const char* name) {
  return std::find(first_stage_entry_names.begin(), first_stage_entry_names.end(), name) !=
         first_stage_entry_names.end();
}

}  // namespace iommusim::vtd
