// SPDX-License-Identifier: Apache-2.0
// The fields of an event record (SMMUv3 architecture, 7.3). Which of them count depends on the type.
#pragma once

#include "base/word.h"
#include "iommu/smmuv3/event_record.h"

namespace iommusim::smmuv3 {

struct EventRecord : Word<256> {
  using Word::Word;
  struct StreamID : Field<63, 32> {};
  struct SubstreamID : Field<31, 12> {};
  struct SSV : Field<11, 11, bool> {};
  struct Type : Field<7, 0, EventCode> {};
  // Faults of walks.
  struct TTRnW : Field<108, 108, bool> {};
  struct CLASS : Field<105, 104, FaultClass> {};
  struct S2 : Field<103, 103, bool> {};
  struct RnW : Field<99, 99, bool> {};
  struct InD : Field<98, 98, bool> {};
  struct PnU : Field<97, 97, bool> {};
  struct Stall : Field<95, 95, bool> {};
  struct STAG : Field<79, 64> {};
  // F_BAD_ATS_TREQ.
  struct R : Field<95, 95, bool> {};
  struct W : Field<94, 94, bool> {};
  struct X : Field<93, 93, bool> {};
  struct P : Field<92, 92, bool> {};
  struct Span : Field<67, 64> {};
  // E_PAGE_REQUEST: the same three for each privilege level.
  struct PageSpan : Field<115, 108> {};
  struct pR : Field<103, 103, bool> {};  // NOLINT(readability-identifier-naming): the architecture's names.
  struct pW : Field<102, 102, bool> {};  // NOLINT(readability-identifier-naming)
  struct pX : Field<101, 101, bool> {};  // NOLINT(readability-identifier-naming)
  struct uR : Field<99, 99, bool> {};    // NOLINT(readability-identifier-naming)
  struct uW : Field<98, 98, bool> {};    // NOLINT(readability-identifier-naming)
  struct uX : Field<97, 97, bool> {};    // NOLINT(readability-identifier-naming)
};

}  // namespace iommusim::smmuv3
