// SPDX-License-Identifier: Apache-2.0
// The identification registers (SMMUv3 architecture, 6.3.1 to 6.3.8 and 6.3.45): what a unit says that it has.
#pragma once

#include "base/word.h"
#include "iommu/smmuv3/config.h"

#include <cstdint>

namespace iommusim::smmuv3 {

struct Idr0 : Word<32> {
  using Word::Word;
  struct ST_LEVEL : Field<28, 27> {};
  struct TERM_MODEL : Field<26, 26, bool> {};
  struct STALL_MODEL : Field<25, 24, StallModel> {};
  struct ATSRECERR : Field<23, 23, bool> {};
  struct TTENDIAN : Field<22, 21> {};
  struct VATOS : Field<20, 20, bool> {};
  struct CD2L : Field<19, 19, bool> {};
  struct VMID16 : Field<18, 18, bool> {};
  struct VMW : Field<17, 17, bool> {};
  struct PRI : Field<16, 16, bool> {};
  struct ATOS : Field<15, 15, bool> {};
  struct SEV : Field<14, 14, bool> {};
  struct MSI : Field<13, 13, bool> {};
  struct ASID16 : Field<12, 12, bool> {};
  struct NS1ATS : Field<11, 11, bool> {};
  struct ATS : Field<10, 10, bool> {};
  struct HYP : Field<9, 9, bool> {};
  struct DORMHINT : Field<8, 8, bool> {};
  struct HTTU : Field<7, 6, TableUpdate> {};
  struct BTM : Field<5, 5, bool> {};
  struct COHACC : Field<4, 4, bool> {};
  struct TTF : Field<3, 2> {};
  struct S1P : Field<1, 1, bool> {};
  struct S2P : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<Idr0::ST_LEVEL, Idr0::TERM_MODEL, Idr0::STALL_MODEL, Idr0::ATSRECERR, Idr0::TTENDIAN,
                              Idr0::VATOS, Idr0::CD2L, Idr0::VMID16, Idr0::VMW, Idr0::PRI, Idr0::ATOS, Idr0::SEV,
                              Idr0::MSI, Idr0::ASID16, Idr0::NS1ATS, Idr0::ATS, Idr0::HYP, Idr0::DORMHINT, Idr0::HTTU,
                              Idr0::BTM, Idr0::COHACC, Idr0::TTF, Idr0::S1P, Idr0::S2P>());

struct Idr1 : Word<32> {
  using Word::Word;
  struct ECMDQ : Field<31, 31, bool> {};
  struct ATTR_TYPES_OVR : Field<27, 27, bool> {};
  struct ATTR_PERMS_OVR : Field<26, 26, bool> {};
  struct CMDQS : Field<25, 21> {};
  struct EVENTQS : Field<20, 16> {};
  struct PRIQS : Field<15, 11> {};
  struct SSIDSIZE : Field<10, 6> {};
  struct SIDSIZE : Field<5, 0> {};
};
static_assert(fields_disjoint<Idr1::ECMDQ, Idr1::ATTR_TYPES_OVR, Idr1::ATTR_PERMS_OVR, Idr1::CMDQS, Idr1::EVENTQS,
                              Idr1::PRIQS, Idr1::SSIDSIZE, Idr1::SIDSIZE>());

struct Idr3 : Word<32> {
  using Word::Word;
  struct EPAN : Field<17, 17, bool> {};
  struct E0PD : Field<13, 13, bool> {};
  struct BBML : Field<12, 11> {};
  struct RIL : Field<10, 10, bool> {};
  struct STT : Field<9, 9, bool> {};
  struct FWB : Field<8, 8, bool> {};
  struct PPS : Field<5, 5, bool> {};
  struct XNX : Field<4, 4, bool> {};
  struct PBHA : Field<3, 3, bool> {};
  struct HAD : Field<2, 2, bool> {};
};
static_assert(fields_disjoint<Idr3::EPAN, Idr3::E0PD, Idr3::BBML, Idr3::RIL, Idr3::STT, Idr3::FWB, Idr3::PPS, Idr3::XNX,
                              Idr3::PBHA, Idr3::HAD>());

struct Idr5 : Word<32> {
  using Word::Word;
  struct STALL_MAX : Field<31, 16> {};
  struct VAX : Field<11, 10> {};
  struct GRAN64K : Field<6, 6, bool> {};
  struct GRAN16K : Field<5, 5, bool> {};
  struct GRAN4K : Field<4, 4, bool> {};
  struct OAS : Field<2, 0> {};
};
static_assert(fields_disjoint<Idr5::STALL_MAX, Idr5::VAX, Idr5::GRAN64K, Idr5::GRAN16K, Idr5::GRAN4K, Idr5::OAS>());

/// With IDR1.ECMDQ: log2 of the control pages, and of the queues in each.
struct Idr6 : Word<32> {
  using Word::Word;
  struct CMDQ_CONTROL_PAGE_LOG2NUMP : Field<27, 24> {};
  struct CMDQ_CONTROL_PAGE_LOG2NUMQ : Field<19, 16> {};
};
static_assert(fields_disjoint<Idr6::CMDQ_CONTROL_PAGE_LOG2NUMP, Idr6::CMDQ_CONTROL_PAGE_LOG2NUMQ>());

struct Aidr : Word<32> {
  using Word::Word;
  struct ArchMajor : Field<7, 4> {};
  struct ArchMinor : Field<3, 0> {};
};

Idr0 idr0_of(const UnitConfig& config);
Idr1 idr1_of(const UnitConfig& config);
Idr3 idr3_of(const UnitConfig& config);
Idr5 idr5_of(const UnitConfig& config);
Idr6 idr6_of(const UnitConfig& config);
Aidr aidr_of(const UnitConfig& config);

}  // namespace iommusim::smmuv3
