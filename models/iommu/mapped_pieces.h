// SPDX-License-Identifier: Apache-2.0
// Collects what an enumeration of tables finds.
#pragma once

#include "iommu/input_space.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::iommu {

class MappedPieces {
 public:
  explicit MappedPieces(InputSpace& space) : space_{space} {}

  bool complete() const { return space_.complete; }

  /// Both ends of the `size` bytes that one entry translates.
  void border(Iova first, std::uint64_t size) {
    note(first);
    note(first + size);
  }

  /// A place was looked at that maps nothing. What maps something needs memory or makes a piece; this does not.
  void miss() {
    if (++misses_ >= most_misses) space_.complete = false;
  }

  void map(const MappedRange& next) {
    if (!space_.mapped.empty()) {
      MappedRange& last = space_.mapped.back();
      const bool follows = last.input.last + 1 == next.input.first && last.output + last.input.size() == next.output &&
                           last.readable == next.readable && last.writable == next.writable;
      if (follows) {
        last.input.last = next.input.last;
        return;
      }
    }
    space_.mapped.push_back(next);
    if (space_.mapped.size() >= most_pieces) space_.complete = false;
  }

 private:
  void note(Iova address) {
    space_.borders.push_back(address);
    if (space_.borders.size() >= 2 * most_pieces) space_.complete = false;
  }

  static constexpr std::size_t most_misses = most_pieces / 4;

  InputSpace& space_;
  std::size_t misses_ = 0;
};

}  // namespace iommusim::iommu
