// SPDX-License-Identifier: Apache-2.0
// MSI-X capability and table (PCIe base specification, 7.7.2).
#pragma once

#include "base/word.h"

namespace iommusim::pcie {

/// Offsets in bytes from the capability.
namespace msix {
constexpr unsigned control = 0x02;
constexpr unsigned table = 0x04;
constexpr unsigned pending_bits = 0x08;
constexpr unsigned bytes = 0x0C;
}  // namespace msix

struct MsixControl : Word<16> {
  using Word::Word;
  /// Number of vectors minus one.
  struct TableSize : Field<10, 0> {};
  struct FunctionMask : Field<14, 14> {};
  struct Enable : Field<15, 15> {};
};

/// Where the table or the pending bit array lies: the BAR (BIR) and the offset in it, in units of 8 bytes.
struct MsixLocation : Word<32> {
  using Word::Word;
  struct BarIndicator : Field<2, 0> {};
  struct Offset : Field<31, 3> {};
};

/// One entry of the table, in the device's memory.
struct MsixEntry : Word<128> {
  using Word::Word;
  struct MessageAddress : Field<63, 0> {};
  struct MessageData : Field<95, 64> {};
  struct Masked : Field<96, 96> {};
};

}  // namespace iommusim::pcie
