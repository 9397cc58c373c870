// SPDX-License-Identifier: Apache-2.0
#include "software/window_claims.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace iommusim::software {
namespace {

constexpr std::uint64_t beyond = std::numeric_limits<std::uint64_t>::max();

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a > beyond - b ? beyond : a + b;
}

std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return value > beyond - (alignment - 1) ? beyond : (value + (alignment - 1)) & ~(alignment - 1);
}

/// Largest alignment first; equal ones in the order of the functions.
bool comes_before(const Claim& a, const Claim& b) {
  return std::tie(b.alignment, a.function, a.bar) < std::tie(a.alignment, b.function, b.bar);
}

}  // namespace

void Claims::lay_out() {
  std::sort(list.begin(), list.end(), comes_before);
  for (Claim& claim : list) {
    claim.offset = align_up(size, claim.alignment);
    size = sum(claim.offset, claim.size);
    alignment = std::max(alignment, claim.alignment);
  }
  size = align_up(size, bridge_window_granule);
}

std::optional<std::uint64_t> Room::take(const Claim& claim) {
  const std::uint64_t base = align_up(next_, claim.alignment);
  if (full_ || base == beyond || base > last_ || claim.size - 1 > last_ - base) return std::nullopt;
  const std::uint64_t end = base + (claim.size - 1);
  full_ = end == last_;
  next_ = end + 1;
  return base;
}

std::uint64_t multiplied_size(std::uint64_t size, std::uint64_t count) {
  return count != 0 && size > beyond / count ? beyond : size * count;
}

}  // namespace iommusim::software
