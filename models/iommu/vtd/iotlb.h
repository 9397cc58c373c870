// SPDX-License-Identifier: Apache-2.0
// The IOTLB (VT-d specification, 6.2.5): finished translations, tagged with domain, page and page size.
#pragma once

#include "base/address.h"
#include "base/range.h"
#include "iommu/translation_cache.h"
#include "iommu/vtd/invalidation.h"
#include "iommu/vtd/second_stage_walk.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::vtd {

/// Page sizes are named by the level of their entry: 1 is 4 KiB, 2 is 2 MiB, 3 is 1 GiB; entries that permit
/// nothing (kept with CAP.CM only) exist up to level 5.
class IotlbTag {
 public:
  constexpr IotlbTag() = default;
  constexpr IotlbTag(std::uint16_t domain, Iova address, unsigned level)
      : value_{page_number(address, level) << 19 | std::uint64_t{domain} << 3 | level} {}

  constexpr unsigned level() const { return static_cast<unsigned>(value_ & 7); }
  constexpr std::uint16_t domain() const { return static_cast<std::uint16_t>(value_ >> 3); }
  constexpr Range<Iova> pages() const {
    const unsigned shift = index_shift(level());
    const Iova first{value_ >> 19 << shift};
    return {first, first + ((std::uint64_t{1} << shift) - 1)};
  }
  /// Neighbouring pages lie in neighbouring sets; domains that use the same addresses do not meet in one set.
  constexpr std::size_t index() const { return (value_ >> 19) ^ (value_ >> 3); }
  friend constexpr bool operator==(IotlbTag a, IotlbTag b) { return a.value_ == b.value_; }

 private:
  /// At most 45 bits: the walk never sees addresses of more than 57.
  static constexpr std::uint64_t page_number(Iova address, unsigned level) {
    return address.value() >> index_shift(level);
  }
  std::uint64_t value_ = 0;
};

struct IotlbEntry {
  PhysAddr page;
  AccessRights rights;
};

class Iotlb : public iommu::TranslationCache<IotlbTag, IotlbEntry> {
  using Base = iommu::TranslationCache<IotlbTag, IotlbEntry>;

 public:
  using Base::Base;

  /// The smallest page that holds `address`, or `none`.
  Slot find_page(std::uint16_t domain, Iova address) const {
    for (unsigned level = 1; levels_in_use_ >> level != 0; ++level) {
      if ((levels_in_use_ >> level & 1) == 0) continue;
      const Slot slot = find(IotlbTag{domain, address, level});
      if (slot != none) return slot;
    }
    return none;
  }

  bool insert(const IotlbTag& tag, const IotlbEntry& entry) {
    levels_in_use_ |= 1u << tag.level();
    return Base::insert(tag, entry);
  }

  /// Drops exactly what is asked for: a larger page goes whole when it shares one byte with the block.
  /// Precondition: not the reserved granularity.
  void invalidate(const IotlbInvalidation& request) {
    if (request.granularity == IotlbGranularity::global) {
      levels_in_use_ = 0;
      return clear();
    }
    const bool by_page = request.granularity == IotlbGranularity::page;
    const Range<Iova> block = by_page ? invalidated_block(request) : Range<Iova>::everything();
    invalidate_if(
        [&](IotlbTag tag, const IotlbEntry&) { return tag.domain() == request.domain && tag.pages().overlaps(block); });
  }

 private:
  /// Bit n: a page of level n was inserted since the last global invalidation. Spares lookups that cannot
  /// hit.
  unsigned levels_in_use_ = 0;
};

}  // namespace iommusim::vtd
