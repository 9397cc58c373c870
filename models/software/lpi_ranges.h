// SPDX-License-Identifier: Apache-2.0
// Which LPIs are free: an operating system gives them to devices in ranges, the lowest first.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>

namespace iommusim::software {

class LpiRanges {
 public:
  LpiRanges() = default;
  LpiRanges(std::uint32_t first, std::uint32_t count) : free_{{first, count}} {}

  /// The first of `count` (at least 1) LPIs that follow each other. nullopt: there are not so many.
  std::optional<std::uint32_t> allocate(std::uint32_t count) {
    for (auto range = free_.begin(); range != free_.end(); ++range) {
      if (range->second < count) continue;
      const auto [first, length] = *range;
      free_.erase(range);
      if (length > count) free_.emplace(first + count, length - count);
      return first;
    }
    return std::nullopt;
  }

  /// What allocate() gave.
  void release(std::uint32_t first, std::uint32_t count) {
    auto next = free_.lower_bound(first);
    if (next != free_.end() && first + count == next->first) {
      count += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == first) {
        before->second += count;
        return;
      }
    }
    free_.emplace(first, count);
  }

 private:
  /// First LPI to how many.
  std::map<std::uint32_t, std::uint32_t> free_;
};

}  // namespace iommusim::software
