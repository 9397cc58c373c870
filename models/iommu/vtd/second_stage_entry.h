// SPDX-License-Identifier: Apache-2.0
// The second-stage paging entry (VT-d specification, 9.8), the same for every level.
#pragma once

#include "base/word.h"

#include <array>
#include <cstdint>

namespace iommusim::vtd {

struct SecondStageEntry : Word<64> {
  using Word::Word;
  struct TM : Field<62, 62, bool> {};
  struct ADDR : Field<51, 12> {};
  struct SNP : Field<11, 11, bool> {};
  struct PS : Field<7, 7, bool> {};
  struct W : Field<1, 1, bool> {};
  struct R : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<SecondStageEntry::TM, SecondStageEntry::ADDR, SecondStageEntry::SNP, SecondStageEntry::PS,
                              SecondStageEntry::W, SecondStageEntry::R>());

constexpr unsigned max_table_levels = 5;

/// Level 1 holds PTEs.
constexpr const char* entry_name(unsigned level) {
  constexpr std::array<const char*, max_table_levels + 1> names{"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
  return names[level];
}

/// Address bits below the field that indexes the tables of `level`.
constexpr unsigned index_shift(unsigned level) {
  return 12 + 9 * (level - 1);
}

/// Bytes that one entry of `level` spans: 4 KiB, 2 MiB, 1 GiB and so on.
constexpr std::uint64_t page_size(unsigned level) {
  return std::uint64_t{1} << index_shift(level);
}

/// Input bits that tables of `levels` levels translate.
constexpr unsigned input_width(unsigned levels) {
  return index_shift(levels) + 9;
}

constexpr std::uint64_t table_index(std::uint64_t address, unsigned level) {
  return (address >> index_shift(level)) & 0x1FF;
}

}  // namespace iommusim::vtd
