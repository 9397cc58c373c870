// SPDX-License-Identifier: Apache-2.0
// A structure of 64 bytes, STE or CD, by the specification's bit numbers.
#pragma once

#include "oracle/smmuv3/facts.h"

#include <array>
#include <cstdint>

namespace iommusim::oracle::smmuv3 {

struct Structure {
  std::array<std::uint64_t, 8> words{};

  /// Within one word.
  std::uint64_t field(unsigned hi, unsigned lo) const { return bits(words[lo / 64], hi % 64, lo % 64); }
  unsigned number(unsigned hi, unsigned lo) const { return static_cast<unsigned>(field(hi, lo)); }
  bool flag(unsigned number) const { return field(number, number) != 0; }
  /// An address whose bit 0 would be bit `origin`.
  std::uint64_t address(unsigned hi, unsigned lo, unsigned origin) const { return field(hi, lo) << (lo - origin); }
};

/// CD.TG0 and STE.S2TG.
constexpr unsigned granule_of_tg0(std::uint64_t encoding) {
  return encoding == 0 ? granule_4k : encoding == 1 ? granule_64k : encoding == 2 ? granule_16k : no_granule;
}
constexpr unsigned granule_of_tg1(std::uint64_t encoding) {
  return encoding == 1 ? granule_16k : encoding == 2 ? granule_4k : encoding == 3 ? granule_64k : no_granule;
}

}  // namespace iommusim::oracle::smmuv3
