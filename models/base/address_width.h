// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

namespace iommusim {

/// The last address of `bits` bits: 64 and more are all.
template <class A>
constexpr A last_of_width(unsigned bits) {
  return A{bits >= 64 ? std::numeric_limits<std::uint64_t>::max() : (std::uint64_t{1} << bits) - 1};
}

}  // namespace iommusim
