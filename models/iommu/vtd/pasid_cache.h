// SPDX-License-Identifier: Apache-2.0
// The PASID cache (VT-d specification, 6.2.4): what is known of each PASID of each requester.
#pragma once

#include "base/requester_id.h"
#include "iommu/translation_cache.h"
#include "iommu/vtd/invalidation.h"
#include "iommu/vtd/pasid_lookup.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::vtd {

class PasidTag {
 public:
  constexpr PasidTag() = default;
  constexpr PasidTag(RequesterId requester, Pasid pasid)
      : value_{in_use | std::uint64_t{pasid.value()} << 16 | requester.raw()} {}

  constexpr RequesterId requester() const { return RequesterId{static_cast<std::uint16_t>(value_)}; }
  constexpr Pasid pasid() const { return Pasid{static_cast<std::uint32_t>(value_ >> 16)}; }
  constexpr std::size_t index() const { return value_ ^ value_ >> 8 ^ value_ >> 16; }
  friend constexpr bool operator==(PasidTag a, PasidTag b) { return a.value_ == b.value_; }

 private:
  static constexpr std::uint64_t in_use = std::uint64_t{1} << 40;
  std::uint64_t value_ = 0;
};

/// Faulting entries (kept with CAP.CM only) have domain 0, as 6.1 says.
class PasidCache : public iommu::TranslationCache<PasidTag, PasidContext> {
 public:
  using TranslationCache::TranslationCache;

  /// Drops exactly what is asked for. Precondition: not the reserved granularity.
  void invalidate(const PasidCacheInvalidation& request) {
    if (request.granularity == PasidCacheGranularity::global) return clear();
    const bool by_pasid = request.granularity == PasidCacheGranularity::pasid;
    invalidate_if([&](PasidTag tag, const PasidContext& context) {
      return context.domain == request.domain && (!by_pasid || tag.pasid() == request.pasid);
    });
  }
};

}  // namespace iommusim::vtd
