// SPDX-License-Identifier: Apache-2.0
// The IOTLB (VT-d specification, 6.2.5): finished translations, tagged with domain, page and page size, those with a
// first stage also with their PASID.
#pragma once

#include "base/address.h"
#include "base/range.h"
#include "base/requester_id.h"
#include "iommu/translation_cache.h"
#include "iommu/vtd/access_rights.h"
#include "iommu/vtd/invalidation.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::vtd {

/// Page sizes are named by the level of their entry: 1 is 4 KiB, 2 is 2 MiB, 3 is 1 GiB; entries that permit
/// nothing (kept with CAP.CM only) exist up to level 5.
class IotlbTag {
 public:
  constexpr IotlbTag() = default;
  /// A translation by the second stage alone.
  constexpr IotlbTag(std::uint16_t domain, Iova address, unsigned level)
      : value_{page_number(address, level) << 19 | std::uint64_t{domain} << 3 | level} {}
  /// First-stage or nested.
  constexpr IotlbTag(std::uint16_t domain, Pasid pasid, Iova address, unsigned level)
      : value_{IotlbTag{domain, address, level}.value_}, first_stage_{first_stage_flag | pasid.value()} {}

  constexpr unsigned level() const { return static_cast<unsigned>(value_ & 7); }
  constexpr std::uint16_t domain() const { return static_cast<std::uint16_t>(value_ >> 3); }
  constexpr bool has_pasid() const { return first_stage_ != 0; }
  constexpr Pasid pasid() const { return Pasid{first_stage_}; }
  constexpr Range<Iova> pages() const {
    const unsigned shift = index_shift(level());
    const Iova first{canonical(value_ >> 19 << shift)};
    return {first, first + ((std::uint64_t{1} << shift) - 1)};
  }
  /// Neighbouring pages lie in neighbouring sets; domains that use the same addresses do not meet in one set.
  constexpr std::size_t index() const { return (value_ >> 19) ^ (value_ >> 3) ^ first_stage_; }
  friend constexpr bool operator==(IotlbTag a, IotlbTag b) {
    return a.value_ == b.value_ && a.first_stage_ == b.first_stage_;
  }

 private:
  static constexpr std::uint32_t first_stage_flag = 1U << 31;
  static constexpr unsigned widest_input = 57;

  /// At most 45 bits: the walk never sees addresses of more than 57, beside copies of the highest.
  static constexpr std::uint64_t page_number(Iova address, unsigned level) {
    return address.value() >> index_shift(level);
  }
  /// First-stage addresses repeat their highest bit.
  constexpr std::uint64_t canonical(std::uint64_t address) const {
    const bool is_negative = has_pasid() && (address >> (widest_input - 1) & 1) != 0;
    return is_negative ? address | ~std::uint64_t{0} << widest_input : address;
  }

  std::uint64_t value_ = 0;
  /// 0 for the second stage alone.
  std::uint32_t first_stage_ = 0;
};

struct IotlbEntry {
  PhysAddr page;
  /// Of the second stage; all without one.
  AccessRights rights;
  /// Of the first stage; all without one.
  FirstStageRights first_stage;
  /// A write has no dirty bit left to set.
  bool dirty = true;
  /// The page is always snooped.
  bool snooped = false;
};

/// What CAP.CM lets the unit keep of a second-stage entry that is not present.
constexpr IotlbEntry permits_nothing{PhysAddr{}, {false, false, false}, {}, true, false};

/// A page-selective request cannot tell which first-stage and nested translations depend on the second-stage entries
/// that changed, so those of the domain all go (6.5.2.3).
inline bool concerns(const IotlbInvalidation& request, const Range<Iova>& block, IotlbTag tag) {
  return tag.domain() == request.domain && (tag.has_pasid() || tag.pages().overlaps(block));
}

/// Which PASID a second-stage translation was made for is not known, so that a PASID-selective request takes those of
/// its domain, too; a page-selective one means the first stage (6.5.2.4).
inline bool concerns(const PasidIotlbInvalidation& request, const Range<Iova>& block, IotlbTag tag) {
  if (tag.domain() != request.domain) return false;
  if (!tag.has_pasid()) return request.granularity == PasidIotlbGranularity::pasid;
  return tag.pasid() == request.pasid && tag.pages().overlaps(block);
}

inline Range<Iova> concerned_block(const IotlbInvalidation& request) {
  return request.granularity == IotlbGranularity::page ? invalidated_block(request) : Range<Iova>::everything();
}

inline Range<Iova> concerned_block(const PasidIotlbInvalidation& request) {
  return request.granularity == PasidIotlbGranularity::page ? invalidated_block(request) : Range<Iova>::everything();
}

class Iotlb : public iommu::TranslationCache<IotlbTag, IotlbEntry> {
  using Base = iommu::TranslationCache<IotlbTag, IotlbEntry>;

 public:
  using Base::Base;

  /// The smallest page that holds `address`, or `none`.
  Slot find_page(std::uint16_t domain, Iova address) const {
    return find_smallest([&](unsigned level) { return IotlbTag{domain, address, level}; });
  }
  Slot find_page(std::uint16_t domain, Pasid pasid, Iova address) const {
    return find_smallest([&](unsigned level) { return IotlbTag{domain, pasid, address, level}; });
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
    drop(request);
  }
  void invalidate(const PasidIotlbInvalidation& request) { drop(request); }

 private:
  template <class TagOfLevel>
  Slot find_smallest(TagOfLevel tag_of_level) const {
    for (unsigned level = 1; levels_in_use_ >> level != 0; ++level) {
      if ((levels_in_use_ >> level & 1) == 0) continue;
      const Slot slot = find(tag_of_level(level));
      if (slot != none) return slot;
    }
    return none;
  }

  template <class Request>
  void drop(const Request& request) {
    const Range<Iova> block = concerned_block(request);
    invalidate_if([&](IotlbTag tag, const IotlbEntry&) { return concerns(request, block, tag); });
  }

  /// Bit n: a page of level n was inserted since the last global invalidation. Spares lookups that cannot
  /// hit.
  unsigned levels_in_use_ = 0;
};

}  // namespace iommusim::vtd
