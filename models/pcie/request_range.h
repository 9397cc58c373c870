// SPDX-License-Identifier: Apache-2.0
// The bytes that a request touches.
#pragma once

#include "base/access.h"
#include "base/range.h"

#include <limits>

namespace iommusim::pcie {

/// A zero-length request stands at one byte. A request that would pass 2^64 ends there.
template <class A>
constexpr Range<A> request_range(A address, std::uint32_t size) {
  const A last = address + (size == 0 ? 0 : size - 1);
  return {address, last < address ? A{std::numeric_limits<std::uint64_t>::max()} : last};
}

inline Range<BusAddr> request_range(const Access& access) {
  return request_range(access.address, access.size);
}

}  // namespace iommusim::pcie
