// SPDX-License-Identifier: Apache-2.0
// Access Control Services capability (PCIe base specification, 7.7.11; services in 6.12).
#pragma once

#include "base/word.h"

#include <bitset>
#include <cstdint>

namespace iommusim::pcie {

/// Offsets in bytes from the extended capability.
namespace acs {
constexpr unsigned capability = 0x04;
constexpr unsigned control = 0x06;
constexpr unsigned egress_control_vector = 0x08;
}  // namespace acs

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

/// ACS DSP / USP Memory Target Access Control. The reserved encoding acts as request_blocking, the safe one
/// of the two bits that it sets.
enum class MemoryTargetAccess : std::uint8_t { direct = 0, request_blocking = 1, request_redirect = 2, reserved = 3 };

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
  struct DownstreamMemoryTarget : Field<9, 8, MemoryTargetAccess> {};
  struct UpstreamMemoryTarget : Field<11, 10, MemoryTargetAccess> {};
  struct UnclaimedRequestRedirect : Field<12, 12> {};
};

/// The control bits that exist with this capability; the others are read-only zero.
constexpr AcsControl supported_controls(AcsCapability capability) {
  constexpr std::uint64_t services = 0x007F;
  constexpr std::uint64_t enhanced = 0x1F80;
  const bool is_enhanced = capability.get<AcsCapability::EnhancedCapability>() != 0;
  return AcsControl{(capability.raw() & services) | (is_enhanced ? enhanced : 0)};
}

/// Bit n controls the egress to port (in a multi-function device: function or function group) number n.
using EgressControlVector = std::bitset<256>;

/// Bits of the Egress Control Vector; 0 without the service.
constexpr unsigned egress_control_bits(AcsCapability capability) {
  if (capability.get<AcsCapability::P2pEgressControl>() == 0) return 0;
  const auto size = static_cast<unsigned>(capability.get<AcsCapability::EgressControlVectorSize>());
  return size == 0 ? 256 : size;
}

}  // namespace iommusim::pcie
