// SPDX-License-Identifier: Apache-2.0
// A set of I/O virtual addresses.
#pragma once

#include "base/interval_map.h"

#include <vector>

namespace iommusim::software {

class AddressSet {
 public:
  void add(const Range<Iova>& range) { ranges_.assign(range, {}); }
  void remove(const Range<Iova>& range) { ranges_.erase(range); }
  bool contains(Iova address) const { return ranges_.find(address) != nullptr; }
  bool empty() const { return ranges_.empty(); }

  /// Disjoint, ascending; neighbours that touch may be two.
  std::vector<Range<Iova>> ranges() const {
    std::vector<Range<Iova>> all;
    for (const auto& [first, entry] : ranges_)
      all.push_back(entry.range);
    return all;
  }

 private:
  struct Nothing {};
  IntervalMap<Iova, Nothing> ranges_;
};

}  // namespace iommusim::software
