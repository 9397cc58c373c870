// SPDX-License-Identifier: Apache-2.0
// Access Control Services capability (PCIe base specification, 7.7.11; services in 6.12).
#pragma once

#include "base/word.h"

namespace iommusim::pcie {

/// ACS Capability register.
struct AcsCapability : Word<16> {
  using Word::Word;
  struct SourceValidation : Field<0, 0> {};
  struct TranslationBlocking : Field<1, 1> {};
  struct P2pRequestRedirect : Field<2, 2> {};
  struct P2pCompletionRedirect : Field<3, 3> {};
  struct UpstreamForwarding : Field<4, 4> {};
  struct P2pEgressControl : Field<5, 5> {};
  struct DirectTranslatedP2p : Field<6, 6> {};
  struct EnhancedCapability : Field<7, 7> {};
  struct EgressControlVectorSize : Field<15, 8> {};
};

/// ACS Control register.
struct AcsControl : Word<16> {
  using Word::Word;
  struct SourceValidation : Field<0, 0> {};
  struct TranslationBlocking : Field<1, 1> {};
  struct P2pRequestRedirect : Field<2, 2> {};
  struct P2pCompletionRedirect : Field<3, 3> {};
  struct UpstreamForwarding : Field<4, 4> {};
  struct P2pEgressControl : Field<5, 5> {};
  struct DirectTranslatedP2p : Field<6, 6> {};
  struct IoRequestBlocking : Field<7, 7> {};
  struct DownstreamMemoryTarget : Field<9, 8> {};
  struct UpstreamMemoryTarget : Field<11, 10> {};
  struct UnclaimedRequestRedirect : Field<12, 12> {};
};

}  // namespace iommusim::pcie
