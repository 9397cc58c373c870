// SPDX-License-Identifier: Apache-2.0
// The configuration cache (SMMUv3 architecture, 3.21.3): stream table entry and context descriptor as one, for each
// stream and substream.
#pragma once

#include "base/requester_id.h"
#include "iommu/smmuv3/invalidation.h"
#include "iommu/smmuv3/stream_context.h"
#include "iommu/translation_cache.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::smmuv3 {

class ConfigTag {
 public:
  constexpr ConfigTag() = default;
  constexpr ConfigTag(std::uint32_t stream, std::optional<Pasid> substream)
      : value_{std::uint64_t{stream} << 32 | used |
               (substream.has_value() ? with_substream | substream->value() : std::uint64_t{0})} {}

  constexpr std::uint32_t stream() const { return static_cast<std::uint32_t>(value_ >> 32); }
  /// The context descriptor's number: 0 for what has no SubstreamID.
  constexpr std::uint32_t context() const { return static_cast<std::uint32_t>(value_ & 0xF'FFFF); }
  constexpr std::size_t index() const { return stream() ^ context(); }
  friend constexpr bool operator==(ConfigTag a, ConfigTag b) { return a.value_ == b.value_; }

 private:
  static constexpr std::uint64_t with_substream = 1U << 20;
  static constexpr std::uint64_t used = 1U << 21;
  std::uint64_t value_ = 0;
};

class ConfigCache : public iommu::TranslationCache<ConfigTag, StreamContext> {
 public:
  using TranslationCache::TranslationCache;

  void invalidate(const ConfigInvalidation& request);
};

}  // namespace iommusim::smmuv3
