// SPDX-License-Identifier: Apache-2.0
// PASID directory and PASID table entries (VT-d specification, 9.5 and 9.6).
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::vtd {

/// Indexed by PASID[19:6].
struct PasidDirectoryEntry : Word<64> {
  using Word::Word;
  struct SMPTBLPTR : Field<63, 12> {};
  struct FPD : Field<1, 1, bool> {};
  struct P : Field<0, 0, bool> {};

  static constexpr std::uint64_t reserved = Field<11, 2>::mask;
};

/// PASID-granular translation type.
enum class Pgtt : std::uint8_t { first_stage = 1, second_stage = 2, nested = 3, pass_through = 4 };

/// Indexed by PASID[5:0].
struct PasidTableEntry : Word<512> {
  using Word::Word;
  struct FSPTPTR : Field<191, 140> {};
  struct EAFE : Field<135, 135, bool> {};
  struct SMEP : Field<134, 134, bool> {};
  struct NXE : Field<133, 133, bool> {};
  struct WPE : Field<132, 132, bool> {};
  struct FSPM : Field<131, 130, std::uint8_t> {};
  struct ERE : Field<129, 129, bool> {};
  struct SRE : Field<128, 128, bool> {};
  struct PAT : Field<127, 96> {};
  struct PCD : Field<95, 95, bool> {};
  struct PWT : Field<94, 94, bool> {};
  struct EMT : Field<93, 91> {};
  struct EMTE : Field<90, 90, bool> {};
  struct CD : Field<89, 89, bool> {};
  struct PGSNP : Field<88, 88, bool> {};
  struct PWSNP : Field<87, 87, bool> {};
  struct DID : Field<79, 64, std::uint16_t> {};
  struct SSPTPTR : Field<63, 12> {};
  struct SSADE : Field<9, 9, bool> {};
  struct PGTT : Field<8, 6, Pgtt> {};
  struct SSEE : Field<5, 5, bool> {};
  struct AW : Field<4, 2, std::uint8_t> {};
  struct FPD : Field<1, 1, bool> {};
  struct P : Field<0, 0, bool> {};
};
static_assert(
    fields_disjoint<PasidTableEntry::FSPTPTR, PasidTableEntry::EAFE, PasidTableEntry::SMEP, PasidTableEntry::NXE,
                    PasidTableEntry::WPE, PasidTableEntry::FSPM, PasidTableEntry::ERE, PasidTableEntry::SRE,
                    PasidTableEntry::PAT, PasidTableEntry::PCD, PasidTableEntry::PWT, PasidTableEntry::EMT,
                    PasidTableEntry::EMTE, PasidTableEntry::CD, PasidTableEntry::PGSNP, PasidTableEntry::PWSNP,
                    PasidTableEntry::DID, PasidTableEntry::SSPTPTR, PasidTableEntry::SSADE, PasidTableEntry::PGTT,
                    PasidTableEntry::SSEE, PasidTableEntry::AW, PasidTableEntry::FPD, PasidTableEntry::P>());

}  // namespace iommusim::vtd
