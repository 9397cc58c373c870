// SPDX-License-Identifier: Apache-2.0
// A map from disjoint address ranges to values.
#pragma once

#include "base/range.h"

#include <cstddef>
#include <map>
#include <utility>

namespace iommusim {

/// Disjoint inclusive ranges of A, each with one V. Lookup is logarithmic in the number of ranges.
/// V must be copyable: assigning over the middle of a range splits it.
template <class A, class V>
class IntervalMap {
 public:
  struct Entry {
    Range<A> range;
    V value;
  };

  /// The entry that contains `a`, or nullptr. Valid until the map changes.
  const Entry* find(A a) const {
    auto it = entries_.upper_bound(a);
    if (it == entries_.begin()) return nullptr;
    --it;
    return it->second.range.contains(a) ? &it->second : nullptr;
  }

  /// The first entry that shares an address with `range`, or nullptr.
  const Entry* first_overlap(const Range<A>& range) const {
    if (const Entry* e = find(range.first)) return e;
    auto it = entries_.lower_bound(range.first);
    return it != entries_.end() && it->second.range.overlaps(range) ? &it->second : nullptr;
  }

  /// Adds an entry; false (and no change) when it would overlap an existing one.
  bool insert(const Range<A>& range, V value) {
    if (first_overlap(range) != nullptr) return false;
    entries_.emplace(range.first, Entry{range, std::move(value)});
    return true;
  }

  /// Sets `range` to `value`, replacing, trimming or splitting what lies there.
  void assign(const Range<A>& range, V value) {
    erase(range);
    entries_.emplace(range.first, Entry{range, std::move(value)});
  }

  /// Removes `range`; entries that reach over its borders keep what lies outside.
  void erase(const Range<A>& range) {
    while (const Entry* overlap = first_overlap(range)) {
      Entry entry = *overlap;
      entries_.erase(entry.range.first);
      if (entry.range.first < range.first)
        entries_.emplace(entry.range.first, Entry{{entry.range.first, range.first - 1}, entry.value});
      if (range.last < entry.range.last) {
        const A next = range.last + 1;
        entries_.emplace(next, Entry{{next, entry.range.last}, std::move(entry.value)});
      }
    }
  }

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }

  /// In ascending order: for (const auto& [first, entry] : map).
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::map<A, Entry> entries_;
};

}  // namespace iommusim
