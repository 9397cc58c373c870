// SPDX-License-Identifier: Apache-2.0
// Context descriptors and level 1 context descriptors (SMMUv3 architecture, 5.3 and 5.4). Fields of permission
// indirection, 128-bit descriptors and MPAM are not listed: they are RES0 here.
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::smmuv3 {

struct L1ContextDescriptor : Word<64> {
  using Word::Word;
  static constexpr std::uint64_t l2_pointer = 0x000F'FFFF'FFFF'F000;
  struct L2Ptr : Field<51, 12> {};
  struct V : Field<0, 0, bool> {};
};

struct ContextDescriptor : Word<512> {
  using Word::Word;
  static constexpr std::uint64_t table = 0x000F'FFFF'FFFF'FFF0;
  /// MAIR1:MAIR0.
  struct MAIR : Field<255, 192> {};
  struct TTB1 : Field<179, 132> {};
  struct E0PD1 : Field<130, 130, bool> {};
  struct HAD1 : Field<129, 129, bool> {};
  struct EPAN : Field<123, 123, bool> {};
  struct TTB0 : Field<115, 68> {};
  struct E0PD0 : Field<66, 66, bool> {};
  struct HAD0 : Field<65, 65, bool> {};
  struct ASID : Field<63, 48, std::uint16_t> {};
  struct ASET : Field<47, 47, bool> {};
  struct A : Field<46, 46, bool> {};
  struct R : Field<45, 45, bool> {};
  struct S : Field<44, 44, bool> {};
  struct HA : Field<43, 43, bool> {};
  struct HD : Field<42, 42, bool> {};
  struct AA64 : Field<41, 41, bool> {};
  struct PAN : Field<40, 40, bool> {};
  struct TBI1 : Field<39, 39, bool> {};
  struct TBI0 : Field<38, 38, bool> {};
  /// Of VMSAv8-32 tables only.
  struct UWXN : Field<37, 37, bool> {};
  struct WXN : Field<36, 36, bool> {};
  struct AFFD : Field<35, 35, bool> {};
  struct IPS : Field<34, 32, std::uint8_t> {};
  struct V : Field<31, 31, bool> {};
  struct EPD1 : Field<30, 30, bool> {};
  struct TG1 : Field<23, 22, std::uint8_t> {};
  struct T1SZ : Field<21, 16, std::uint8_t> {};
  struct ENDI : Field<15, 15, bool> {};
  struct EPD0 : Field<14, 14, bool> {};
  /// How walks through TTB0 access their tables.
  struct SH0 : Field<13, 12, std::uint8_t> {};
  struct OR0 : Field<11, 10, std::uint8_t> {};
  struct IR0 : Field<9, 8, std::uint8_t> {};
  struct TG0 : Field<7, 6, std::uint8_t> {};
  struct T0SZ : Field<5, 0, std::uint8_t> {};
};
static_assert(
    fields_disjoint<ContextDescriptor::MAIR, ContextDescriptor::TTB1, ContextDescriptor::E0PD1, ContextDescriptor::HAD1,
                    ContextDescriptor::EPAN, ContextDescriptor::TTB0, ContextDescriptor::E0PD0, ContextDescriptor::HAD0,
                    ContextDescriptor::ASID, ContextDescriptor::ASET, ContextDescriptor::A, ContextDescriptor::R,
                    ContextDescriptor::S, ContextDescriptor::HA, ContextDescriptor::HD, ContextDescriptor::AA64,
                    ContextDescriptor::PAN, ContextDescriptor::TBI1, ContextDescriptor::TBI0, ContextDescriptor::UWXN,
                    ContextDescriptor::WXN, ContextDescriptor::AFFD, ContextDescriptor::IPS, ContextDescriptor::V,
                    ContextDescriptor::EPD1, ContextDescriptor::TG1, ContextDescriptor::T1SZ, ContextDescriptor::ENDI,
                    ContextDescriptor::EPD0, ContextDescriptor::SH0, ContextDescriptor::OR0, ContextDescriptor::IR0,
                    ContextDescriptor::TG0, ContextDescriptor::T0SZ>());

}  // namespace iommusim::smmuv3
