// SPDX-License-Identifier: Apache-2.0
// The legacy context entry (VT-d specification, 9.3): one for each device and function of a bus.
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::vtd {

/// ContextEntry.TT.
enum class TranslationType : std::uint8_t {
  /// Untranslated requests are translated, all others blocked.
  second_stage = 0,
  /// As second_stage, and the device may use ATS.
  second_stage_with_ats = 1,
  pass_through = 2,
  reserved = 3,
};

struct ContextEntry : Word<128> {
  using Word::Word;
  struct DID : Field<87, 72, std::uint16_t> {};
  struct AW : Field<66, 64, std::uint8_t> {};
  struct SSPTPTR : Field<63, 12> {};
  struct TT : Field<3, 2, TranslationType> {};
  struct FPD : Field<1, 1, bool> {};
  struct P : Field<0, 0, bool> {};

  static constexpr std::uint64_t reserved_low = Field<11, 4>::mask;
  static constexpr std::uint64_t reserved_high = Field<71, 71>::mask | Field<127, 88>::mask;
};
static_assert(fields_disjoint<ContextEntry::DID, ContextEntry::AW, ContextEntry::SSPTPTR, ContextEntry::TT,
                              ContextEntry::FPD, ContextEntry::P, Field<11, 4>, Field<71, 71>, Field<127, 88>>());

/// Levels of the tables that an AW code names: 1 is 39 bits and 3 levels, 2 is 48 and 4, 3 is 57 and 5.
constexpr unsigned levels_of(std::uint8_t aw) {
  return aw + 2u;
}

}  // namespace iommusim::vtd
