// SPDX-License-Identifier: Apache-2.0
// Downstream Port Containment capability (PCIe base specification, 7.9.14), without the root port extensions.
#pragma once

#include "base/word.h"

namespace iommusim::pcie {

/// Offsets in bytes from the extended capability.
namespace dpc {
constexpr unsigned capability = 0x04;
constexpr unsigned control = 0x06;
constexpr unsigned status = 0x08;
constexpr unsigned error_source = 0x0A;
constexpr unsigned bytes = 0x0C;
}  // namespace dpc

struct DpcCapability : Word<16> {
  using Word::Word;
  struct InterruptMessageNumber : Field<4, 0> {};
  struct RootPortExtensions : Field<5, 5> {};
  struct PoisonedTlpEgressBlocking : Field<6, 6> {};
  struct SoftwareTriggering : Field<7, 7> {};
};

struct DpcControl : Word<16> {
  using Word::Word;
  /// 00b: nothing triggers containment.
  struct TriggerEnable : Field<1, 0> {};
  struct CompletionControl : Field<2, 2> {};
  struct InterruptEnable : Field<3, 3> {};
  struct CorrectableErrorEnable : Field<4, 4> {};
  struct PoisonedTlpEgressBlockingEnable : Field<5, 5> {};
};

}  // namespace iommusim::pcie
