// SPDX-License-Identifier: Apache-2.0
// The legacy root entry (VT-d specification, 9.1): one for each bus.
#pragma once

#include "base/word.h"

namespace iommusim::vtd {

struct RootEntry : Word<128> {
  using Word::Word;
  struct P : Field<0, 0, bool> {};
  struct CTP : Field<63, 12> {};

  /// Bits that must be 0 in a present entry whatever the host address width.
  static constexpr std::uint64_t reserved_low = Field<11, 1>::mask;
  static constexpr std::uint64_t reserved_high = ~std::uint64_t{0};
};

}  // namespace iommusim::vtd
