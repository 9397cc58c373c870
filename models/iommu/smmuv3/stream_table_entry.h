// SPDX-License-Identifier: Apache-2.0
// Stream table entries and level 1 stream table descriptors (SMMUv3 architecture, 5.1 and 5.2). Fields of Secure
// streams, MPAM, permission indirection and device permission tables are not listed: they are RES0 here.
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::smmuv3 {

struct L1StreamTableDescriptor : Word<64> {
  using Word::Word;
  static constexpr std::uint64_t l2_pointer = 0x000F'FFFF'FFFF'FFC0;
  struct L2Ptr : Field<51, 6> {};
  struct Span : Field<4, 0, std::uint8_t> {};
};

struct StreamTableEntry : Word<512> {
  using Word::Word;
  static constexpr std::uint64_t s1_context_pointer = 0x000F'FFFF'FFFF'FFC0;
  static constexpr std::uint64_t s2_table = 0x000F'FFFF'FFFF'FFF0;
  struct S2TTB : Field<243, 196> {};
  struct S2R : Field<186, 186, bool> {};
  struct S2S : Field<185, 185, bool> {};
  struct S2HA : Field<184, 184, bool> {};
  struct S2HD : Field<183, 183, bool> {};
  struct S2PTW : Field<182, 182, bool> {};
  struct S2AFFD : Field<181, 181, bool> {};
  struct S2ENDI : Field<180, 180, bool> {};
  struct S2AA64 : Field<179, 179, bool> {};
  struct S2PS : Field<178, 176, std::uint8_t> {};
  struct S2TG : Field<175, 174, std::uint8_t> {};
  /// How stage 2 walks access their tables.
  struct S2SH0 : Field<173, 172, std::uint8_t> {};
  struct S2OR0 : Field<171, 170, std::uint8_t> {};
  struct S2IR0 : Field<169, 168, std::uint8_t> {};
  struct S2SL0 : Field<167, 166, std::uint8_t> {};
  struct S2T0SZ : Field<165, 160, std::uint8_t> {};
  struct S2VMID : Field<143, 128, std::uint16_t> {};
  struct INSTCFG : Field<115, 114, std::uint8_t> {};
  struct PRIVCFG : Field<113, 112, std::uint8_t> {};
  struct SHCFG : Field<109, 108, std::uint8_t> {};
  struct ALLOCCFG : Field<104, 101, std::uint8_t> {};
  struct MTCFG : Field<100, 100, bool> {};
  struct MemAttr : Field<99, 96, std::uint8_t> {};
  struct STRW : Field<95, 94, std::uint8_t> {};
  struct EATS : Field<93, 92, std::uint8_t> {};
  struct S1STALLD : Field<91, 91, bool> {};
  struct S2FWB : Field<89, 89, bool> {};
  struct MEV : Field<83, 83, bool> {};
  struct PPAR : Field<82, 82, bool> {};
  /// How context descriptors are fetched.
  struct S1CSH : Field<71, 70, std::uint8_t> {};
  struct S1COR : Field<69, 68, std::uint8_t> {};
  struct S1CIR : Field<67, 66, std::uint8_t> {};
  struct S1DSS : Field<65, 64, std::uint8_t> {};
  struct S1CDMax : Field<63, 59, std::uint8_t> {};
  struct S1ContextPtr : Field<51, 6> {};
  struct S1Fmt : Field<5, 4, std::uint8_t> {};
  struct Config : Field<3, 1, std::uint8_t> {};
  struct V : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<
              StreamTableEntry::S2TTB, StreamTableEntry::S2R, StreamTableEntry::S2S, StreamTableEntry::S2HA,
              StreamTableEntry::S2HD, StreamTableEntry::S2PTW, StreamTableEntry::S2AFFD, StreamTableEntry::S2ENDI,
              StreamTableEntry::S2AA64, StreamTableEntry::S2PS, StreamTableEntry::S2TG, StreamTableEntry::S2SL0,
              StreamTableEntry::S2SH0, StreamTableEntry::S2OR0, StreamTableEntry::S2IR0, StreamTableEntry::S1CSH,
              StreamTableEntry::S1COR, StreamTableEntry::S1CIR, StreamTableEntry::S2T0SZ, StreamTableEntry::S2VMID,
              StreamTableEntry::INSTCFG, StreamTableEntry::PRIVCFG, StreamTableEntry::SHCFG, StreamTableEntry::ALLOCCFG,
              StreamTableEntry::MTCFG, StreamTableEntry::MemAttr, StreamTableEntry::STRW, StreamTableEntry::EATS,
              StreamTableEntry::S1STALLD, StreamTableEntry::S2FWB, StreamTableEntry::MEV, StreamTableEntry::PPAR,
              StreamTableEntry::S1DSS, StreamTableEntry::S1CDMax, StreamTableEntry::S1ContextPtr,
              StreamTableEntry::S1Fmt, StreamTableEntry::Config, StreamTableEntry::V>());

/// Config: bit 2 is set unless all is refused; then bit 1 is stage 2 and bit 0 stage 1.
constexpr bool aborts_all(const StreamTableEntry& entry) {
  return (entry.get<StreamTableEntry::Config>() & 4) == 0;
}
constexpr bool has_stage_1(const StreamTableEntry& entry) {
  return (entry.get<StreamTableEntry::Config>() & 1) != 0;
}
constexpr bool has_stage_2(const StreamTableEntry& entry) {
  return (entry.get<StreamTableEntry::Config>() & 2) != 0;
}

}  // namespace iommusim::smmuv3
