// SPDX-License-Identifier: Apache-2.0
// The translations that a function keeps itself (address translation cache; PCIe base specification, 10.2 and 10.3),
// and which request it sends with what it knows. The simulated endpoint and the static walk both ask here.
#pragma once

#include "base/access.h"
#include "base/range.h"
#include "base/rule.h"
#include "iommu/ats.h"
#include "iommu/translation.h"
#include "iommu/translation_cache.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::iommu {

struct DeviceTlbConfig {
  /// Entries in all and per set; 0 entries: every request is asked for anew.
  unsigned entries = 64;
  unsigned ways = 4;
};

/// Privilege is asked for together with a PASID only.
constexpr bool asks_as_supervisor(const Access& access) {
  return access.pasid.has_value() && access.privileged;
}

/// A block of 2^shift bytes in one address space of a function, as users or as supervisors see it.
class DeviceTlbTag {
 public:
  constexpr DeviceTlbTag() = default;
  constexpr DeviceTlbTag(const Access& access, unsigned shift)
      : space_{space_of(access.pasid) | (asks_as_supervisor(access) ? of_supervisors : 0) | shift},
        function_{access.requester},
        page_{access.address.value() >> shift} {}

  constexpr bool is_of(RequesterId function) const { return function_ == function; }
  constexpr bool is_of(std::optional<Pasid> pasid) const { return (space_ & address_space) == space_of(pasid); }
  constexpr Range<Iova> block() const {
    const unsigned shift = space_ & 0xFF;
    const Iova first{page_ << shift};
    return {first, first + ((std::uint64_t{1} << shift) - 1)};
  }
  constexpr std::size_t index() const { return static_cast<std::size_t>(page_ ^ (space_ >> 8) ^ function_.raw()); }
  friend constexpr bool operator==(const DeviceTlbTag& a, const DeviceTlbTag& b) {
    return a.space_ == b.space_ && a.function_ == b.function_ && a.page_ == b.page_;
  }

 private:
  static constexpr std::uint32_t in_use = 0x8000'0000;
  static constexpr std::uint32_t with_pasid = 0x4000'0000;
  static constexpr std::uint32_t of_supervisors = 0x2000'0000;
  static constexpr std::uint32_t address_space = in_use | with_pasid | 0x0FFF'FF00;

  static constexpr std::uint32_t space_of(std::optional<Pasid> pasid) {
    return in_use | (pasid ? with_pasid | pasid->value() << 8 : 0);
  }

  /// Shift in 7:0, PASID in 27:8.
  std::uint32_t space_ = 0;
  RequesterId function_;
  std::uint64_t page_ = 0;
};

/// Of a function, or of a physical function with its virtual ones.
class DeviceTlb {
 public:
  /// Throws std::invalid_argument when TranslationCache::is_valid_geometry() is false.
  explicit DeviceTlb(const DeviceTlbConfig& config) : cache_{config.entries, config.ways} {}

  /// The request that the function sends for `access`, an untranslated one; nullopt: what it knows does not permit it,
  /// so it asks (translation_request()).
  std::optional<Access> resolve(const Access& access) const;
  /// Replacement sees the use.
  void touch(const Access& access);
  /// Keeps what a translation completion says about the page of `access`. A completion without rights is not kept.
  void fill(const Access& access, AddressTranslation completion);
  /// Drops exactly what is asked for: a block goes whole. Returns how many.
  std::size_t invalidate(const DeviceTlbInvalidation& request);
  /// All that it keeps for `function`.
  void forget(RequesterId function);
  std::size_t size() const { return cache_.size(); }

 private:
  using Cache = TranslationCache<DeviceTlbTag, AddressTranslation>;

  Cache::Slot find(const Access& access) const;

  Cache cache_;
  /// Bit n: a block of 2^n bytes was kept.
  std::uint64_t shifts_in_use_ = 0;
};

/// The translation request that asks for what `access` needs.
Access translation_request(const Access& access);
/// The completion of the translation request `request`, which a unit answered with `result`.
AddressTranslation translation_completion(const Access& request, const TranslationResult& result);
/// The request that a completion permits the function for `access`: translated, or untranslated where the unit wants it
/// so. nullopt: none.
std::optional<Access> permitted(AddressTranslation completion, const Access& access);

namespace rules {
/// The function's own translation decides where its request goes.
extern const Rule device_tlb;
/// What the unit answered does not permit the access, so the function does not send it.
extern const Rule translation_denied;
}  // namespace rules

}  // namespace iommusim::iommu
