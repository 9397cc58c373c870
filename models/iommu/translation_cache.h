// SPDX-License-Identifier: Apache-2.0
// A set-associative cache with least-recently-used replacement: the shape of every translation cache of every
// IOMMU.
#pragma once

#include "base/address.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace iommusim::iommu {

/// Flat arrays, allocated once. Lookup has no effect; touch() is what replacement sees of a use, so that a
/// decision can be asked for without being made.
///
/// Tag: copyable and comparable; a default-constructed Tag marks an empty line and equals no tag in use;
/// `std::size_t index() const` picks the set (its low bits are used).
template <class Tag, class Value>
class TranslationCache {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot none = ~Slot{0};

  /// 0 entries: a cache that never hits. Throws std::invalid_argument when is_valid_geometry() is false.
  TranslationCache(unsigned entries, unsigned ways)
      : ways_{entries == 0 ? 0 : ways}, tags_(lines(entries)), stamps_(lines(entries)), values_(lines(entries)) {
    if (!is_valid_geometry(entries, ways)) throw std::invalid_argument("cache geometry: sets are no power of two");
    if (entries != 0) set_mask_ = entries / ways - 1;
  }

  /// The number of sets, entries / ways, is a power of two.
  static bool is_valid_geometry(unsigned entries, unsigned ways) {
    return entries == 0 || (ways != 0 && entries % ways == 0 && is_power_of_two(entries / ways));
  }

  /// The line that holds `tag`, or `none`. Valid until the next insertion or invalidation.
  Slot find(const Tag& tag) const {
    // Most lookups are for what the last one was for.
    if (tags_[found_] == tag) return found_;
    const Slot first = first_of_set(tag);
    for (Slot slot = first; slot < first + ways_; ++slot)
      if (tags_[slot] == tag) return found_ = slot;
    return none;
  }

  const Tag& tag(Slot slot) const { return tags_[slot]; }
  const Value& value(Slot slot) const { return values_[slot]; }

  /// Makes the line the most recently used of its set.
  void touch(Slot slot) { stamps_[slot] = ++clock_; }

  /// Takes the line with the same tag, else an empty one, else the least recently used of the set. Returns true when
  /// the line was in use.
  bool insert(const Tag& tag, const Value& value) {
    if (ways_ == 0) return false;
    const Slot slot = victim(tag);
    const bool was_in_use = !(tags_[slot] == Tag{});
    tags_[slot] = tag;
    values_[slot] = value;
    touch(slot);
    return was_in_use;
  }

  /// Empties every line for which predicate(tag, value) holds; returns how many.
  template <class Predicate>
  std::size_t invalidate_if(Predicate predicate) {
    std::size_t dropped = 0;
    for (Slot slot = 0; slot < tags_.size(); ++slot) {
      if (tags_[slot] == Tag{} || !predicate(tags_[slot], values_[slot])) continue;
      empty_line(slot);
      ++dropped;
    }
    return dropped;
  }

  void clear() {
    std::fill(tags_.begin(), tags_.end(), Tag{});
    std::fill(stamps_.begin(), stamps_.end(), std::uint64_t{0});
  }

  /// Lines in use. Linear in the capacity.
  std::size_t size() const {
    return tags_.size() - static_cast<std::size_t>(std::count(tags_.begin(), tags_.end(), Tag{}));
  }

 private:
  /// Without entries there are no ways, but a line that stays empty, so that lookups need not ask.
  static unsigned lines(unsigned entries) { return entries == 0 ? 1 : entries; }

  Slot first_of_set(const Tag& tag) const { return static_cast<Slot>((tag.index() & set_mask_) * ways_); }

  Slot victim(const Tag& tag) const {
    if (const Slot same = find(tag); same != none) return same;
    const auto first = stamps_.begin() + first_of_set(tag);
    return static_cast<Slot>(std::min_element(first, first + ways_) - stamps_.begin());
  }

  void empty_line(Slot slot) {
    tags_[slot] = Tag{};
    stamps_[slot] = 0;
  }

  unsigned ways_;
  std::size_t set_mask_ = 0;
  std::vector<Tag> tags_;
  /// Time of the last use; 0 for an empty line, so that it is always the first victim.
  std::vector<std::uint64_t> stamps_;
  std::vector<Value> values_;
  std::uint64_t clock_ = 0;
  /// What find() gave last.
  mutable Slot found_ = 0;
};

}  // namespace iommusim::iommu
