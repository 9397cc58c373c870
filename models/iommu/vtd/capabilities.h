// SPDX-License-Identifier: Apache-2.0
// What a unit says of itself (VT-d specification, 11.4.2 and 11.4.3). Derived from the configuration alone.
#pragma once

#include "base/word.h"
#include "iommu/vtd/config.h"

namespace iommusim::vtd {

/// CAP.
struct Capability : Word<64> {
  using Word::Word;
  struct ESRTPS : Field<63, 63, bool> {};
  struct ESIRTPS : Field<62, 62, bool> {};
  struct ECMDS : Field<61, 61, bool> {};
  struct FS5LP : Field<60, 60, bool> {};
  struct PI : Field<59, 59, bool> {};
  struct FS1GP : Field<56, 56, bool> {};
  struct DRD : Field<55, 55, bool> {};
  struct DWD : Field<54, 54, bool> {};
  struct MAMV : Field<53, 48> {};
  struct NFR : Field<47, 40> {};
  struct PSI : Field<39, 39, bool> {};
  struct SSLPS : Field<37, 34> {};
  struct FRO : Field<33, 24> {};
  struct ZLR : Field<22, 22, bool> {};
  struct MGAW : Field<21, 16> {};
  struct SAGAW : Field<12, 8> {};
  struct CM : Field<7, 7, bool> {};
  struct PHMR : Field<6, 6, bool> {};
  struct PLMR : Field<5, 5, bool> {};
  struct RWBF : Field<4, 4, bool> {};
  struct AFL : Field<3, 3, bool> {};
  struct ND : Field<2, 0> {};
};
static_assert(fields_disjoint<Capability::ESRTPS, Capability::ESIRTPS, Capability::ECMDS, Capability::FS5LP,
                              Capability::PI, Capability::FS1GP, Capability::DRD, Capability::DWD, Capability::MAMV,
                              Capability::NFR, Capability::PSI, Capability::SSLPS, Capability::FRO, Capability::ZLR,
                              Capability::MGAW, Capability::SAGAW, Capability::CM, Capability::PHMR, Capability::PLMR,
                              Capability::RWBF, Capability::AFL, Capability::ND>());

/// ECAP.
struct ExtendedCapability : Word<64> {
  using Word::Word;
  struct RPRIVS : Field<53, 53, bool> {};
  struct ADMS : Field<52, 52, bool> {};
  struct RPS : Field<49, 49, bool> {};
  struct SMPWCS : Field<48, 48, bool> {};
  struct FSTS : Field<47, 47, bool> {};
  struct SSTS : Field<46, 46, bool> {};
  struct SSADS : Field<45, 45, bool> {};
  struct SMTS : Field<43, 43, bool> {};
  struct PDS : Field<42, 42, bool> {};
  struct DIT : Field<41, 41, bool> {};
  struct PASID : Field<40, 40, bool> {};
  struct PSS : Field<39, 35> {};
  struct EAFS : Field<34, 34, bool> {};
  struct NWFS : Field<33, 33, bool> {};
  struct SRS : Field<31, 31, bool> {};
  struct ERS : Field<30, 30, bool> {};
  struct PRS : Field<29, 29, bool> {};
  struct NEST : Field<26, 26, bool> {};
  struct MTS : Field<25, 25, bool> {};
  struct MHMV : Field<23, 20> {};
  struct IRO : Field<17, 8> {};
  struct SC : Field<7, 7, bool> {};
  struct PT : Field<6, 6, bool> {};
  struct EIM : Field<4, 4, bool> {};
  struct IR : Field<3, 3, bool> {};
  struct DT : Field<2, 2, bool> {};
  struct QI : Field<1, 1, bool> {};
  struct C : Field<0, 0, bool> {};
};
static_assert(fields_disjoint<
              ExtendedCapability::RPRIVS, ExtendedCapability::ADMS, ExtendedCapability::RPS, ExtendedCapability::SMPWCS,
              ExtendedCapability::FSTS, ExtendedCapability::SSTS, ExtendedCapability::SSADS, ExtendedCapability::SMTS,
              ExtendedCapability::PDS, ExtendedCapability::DIT, ExtendedCapability::PASID, ExtendedCapability::PSS,
              ExtendedCapability::EAFS, ExtendedCapability::NWFS, ExtendedCapability::SRS, ExtendedCapability::ERS,
              ExtendedCapability::PRS, ExtendedCapability::NEST, ExtendedCapability::MTS, ExtendedCapability::MHMV,
              ExtendedCapability::IRO, ExtendedCapability::SC, ExtendedCapability::PT, ExtendedCapability::EIM,
              ExtendedCapability::IR, ExtendedCapability::DT, ExtendedCapability::QI, ExtendedCapability::C>());

Capability capability(const UnitConfig& config);
ExtendedCapability extended_capability(const UnitConfig& config);

}  // namespace iommusim::vtd
