// SPDX-License-Identifier: Apache-2.0
// Alternative Routing-ID Interpretation capability (PCIe base specification, 7.8.8; ARI in 6.13): one device number,
// function numbers 0 to 255.
#pragma once

#include "base/word.h"

namespace iommusim::pcie {

/// Offsets in bytes from the extended capability.
namespace ari {
constexpr unsigned capability = 0x04;
constexpr unsigned control = 0x06;
constexpr unsigned bytes = 0x08;
}  // namespace ari

/// ARI Capability register. Both kinds of group exist in function 0 only.
struct AriCapability : Word<16> {
  using Word::Word;
  struct MfvcFunctionGroups : Field<0, 0> {};
  struct AcsFunctionGroups : Field<1, 1> {};
  /// The next higher function number of the device; 0 ends the list. Virtual functions are not in it.
  struct NextFunctionNumber : Field<15, 8> {};
};

/// ARI Control register.
struct AriControl : Word<16> {
  using Word::Word;
  struct MfvcFunctionGroupsEnable : Field<0, 0> {};
  struct AcsFunctionGroupsEnable : Field<1, 1> {};
  struct FunctionGroup : Field<6, 4> {};
};

}  // namespace iommusim::pcie
