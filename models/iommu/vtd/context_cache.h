// SPDX-License-Identifier: Apache-2.0
// The context cache (VT-d specification, 6.2.3): what is known of each requester, tagged with its source-id.
#pragma once

#include "base/requester_id.h"
#include "iommu/translation_cache.h"
#include "iommu/vtd/context_lookup.h"
#include "iommu/vtd/invalidation.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::vtd {

class ContextTag {
 public:
  constexpr ContextTag() = default;
  constexpr explicit ContextTag(RequesterId requester) : value_{in_use | requester.raw()} {}

  constexpr RequesterId requester() const { return RequesterId{static_cast<std::uint16_t>(value_)}; }
  /// Functions of one bus spread over the sets, and so do the first functions of many buses.
  constexpr std::size_t index() const { return value_ ^ value_ >> 8; }
  friend constexpr bool operator==(ContextTag a, ContextTag b) { return a.value_ == b.value_; }

 private:
  static constexpr std::uint32_t in_use = 0x1'0000;
  std::uint32_t value_ = 0;
};

/// Faulting entries (kept with CAP.CM only) have domain 0, as 6.1 says.
class ContextCache : public iommu::TranslationCache<ContextTag, Context> {
 public:
  using TranslationCache::TranslationCache;

  /// Drops exactly what is asked for. Scalable-mode entries belong to no domain, so that every domain-selective
  /// request concerns them, and a device-selective one compares the source alone. Precondition: not the reserved
  /// granularity.
  void invalidate(const ContextInvalidation& request) {
    if (request.granularity == ContextGranularity::global) return clear();
    const bool by_device = request.granularity == ContextGranularity::device;
    const std::uint16_t compared = by_device ? compared_source_bits(request.function_mask) : 0;
    invalidate_if([&](ContextTag tag, const Context& context) {
      const auto difference = static_cast<unsigned>(tag.requester().raw() ^ request.source.raw());
      return (context.scalable || context.domain == request.domain) && (difference & compared) == 0;
    });
  }
};

}  // namespace iommusim::vtd
