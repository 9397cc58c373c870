// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/translation_caches.h"

namespace iommusim::smmuv3 {
namespace {

using Scope = ConfigInvalidation::Scope;

bool concerns(const ConfigInvalidation& request, const ConfigTag& tag) {
  switch (request.scope) {
    case Scope::stream:
    case Scope::contexts: return tag.stream() == request.stream;
    case Scope::streams: return request.stream <= tag.stream() && tag.stream() <= request.last_stream;
    case Scope::everything: return true;
    case Scope::context: return tag.stream() == request.stream && tag.context() == request.substream;
  }
  return true;
}

}  // namespace

/// A line has the stream table entry and the context descriptor: it goes with either. Level 1 descriptors are not
/// kept, so Leaf makes no difference.
void ConfigCache::invalidate(const ConfigInvalidation& request) {
  if (request.scope == Scope::everything) return clear();
  invalidate_if([&](const ConfigTag& tag, const StreamContext&) { return concerns(request, tag); });
}

TranslationCaches::TranslationCaches(const UnitConfig& config)
    : configs{config.config_cache_entries, config.config_cache_ways},
      tlb{config.tlb_entries, config.tlb_ways, config.micro_tlb_entries},
      walks{config.walk_cache_entries, config.walk_cache_ways},
      ipas{config.stage_2 ? config.ipa_cache_entries : 0, config.ipa_cache_ways},
      counts_vmid{config.stage_2} {}

void TranslationCaches::invalidate(const ConfigInvalidation& request) {
  configs.invalidate(request);
  tell_invalidated();
}

void TranslationCaches::invalidate(const TlbInvalidation& request) {
  const auto is_concerned = [&](const TranslationTag& tag, const CachedTranslation&) {
    return concerns(request, tag, counts_vmid);
  };
  tlb.invalidate_if(is_concerned);
  walks.invalidate_if(is_concerned);
  ipas.invalidate_if(is_concerned);
  tell_invalidated();
}

}  // namespace iommusim::smmuv3
