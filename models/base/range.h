// SPDX-License-Identifier: Apache-2.0
// An inclusive range of addresses: [first, last]. Inclusive, so that the whole 2^64 space can be named.
#pragma once

#include "base/address.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace iommusim {

/// A is an Address type. Precondition everywhere: first <= last; an empty range is std::nullopt instead.
template <class A>
struct Range {
  A first;
  A last;

  /// `size` bytes from `base`; nullopt when size is 0 or the range would pass 2^64.
  static constexpr std::optional<Range> from_size(A base, std::uint64_t size) {
    if (size == 0 || size - 1 > std::numeric_limits<std::uint64_t>::max() - base.value()) return std::nullopt;
    return Range{base, base + (size - 1)};
  }
  static constexpr Range everything() { return {A{0}, A{std::numeric_limits<std::uint64_t>::max()}}; }

  constexpr bool contains(A a) const { return first <= a && a <= last; }
  constexpr bool contains(const Range& other) const { return first <= other.first && other.last <= last; }
  constexpr bool overlaps(const Range& other) const { return first <= other.last && other.first <= last; }
  constexpr std::optional<Range> intersection(const Range& other) const {
    if (!overlaps(other)) return std::nullopt;
    return Range{std::max(first, other.first), std::min(last, other.last)};
  }
  /// Bytes in the range; 0 stands for 2^64.
  constexpr std::uint64_t size() const { return last - first + 1; }

  friend constexpr bool operator==(const Range& a, const Range& b) { return a.first == b.first && a.last == b.last; }
  friend constexpr bool operator!=(const Range& a, const Range& b) { return !(a == b); }
};

}  // namespace iommusim
