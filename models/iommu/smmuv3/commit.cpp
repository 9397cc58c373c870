// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/commit.h"

#include "base/endian.h"
#include "iommu/smmuv3/rules.h"

#include <array>

namespace iommusim::smmuv3 {
namespace {

using iommu::Fetch;
using iommu::FetchLog;
using iommu::Outcome;

bool update(memory::PhysicalBus& bus, const Fetch& fetch) {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  if (!bus.read(fetch.address, bytes.data(), bytes.size())) return false;
  store_le(bytes.data(), (load_le<std::uint64_t>(bytes.data()) | fetch.sets) & ~fetch.clears);
  return bus.write(fetch.address, bytes.data(), bytes.size());
}

/// F_WALK_EABT: an external abort of the update (7.3.12).
void refuse(const iommu::TranslationRequest& request, const FetchLog& fetches, std::size_t failed,
            DecisionEffects& effects, iommu::TranslationResult& result) {
  const bool asks_for_translation = request.address_type == AddressType::translation_request;
  result = {};
  result.outcome = Outcome::fault;
  result.fault_reason = static_cast<std::uint16_t>(EventCode::f_walk_eabt);
  result.fault_recorded = effects.records_update_failure;
  const bool is_posted = request.operation == Operation::write && !asks_for_translation;
  result.status = is_posted ? CompletionStatus::none : CompletionStatus::completer_abort;
  result.rule = &rule_of(EventCode::f_walk_eabt);
  effects.event.code = EventCode::f_walk_eabt;
  effects.event.stall = false;
  effects.event.read = request.operation == Operation::read;
  effects.event.stage_2 = effects.update_purposes[failed].stage_2;
  effects.event.fault_class = effects.update_purposes[failed].fault_class;
  effects.event.fetch_address = fetches.begin()[failed].address.value();
}

void update_tables(memory::PhysicalBus& bus, const iommu::TranslationRequest& request, FetchLog& fetches,
                   DecisionEffects& effects, iommu::TranslationResult& result) {
  for (std::size_t i = 0; i < fetches.size(); ++i) {
    const Fetch& fetch = fetches[i];
    if ((fetch.sets | fetch.clears) == 0 || update(bus, fetch)) continue;
    refuse(request, fetches, i, effects, result);
    effects.fills_tlb = effects.fills_config = false;
    fetches.truncate(i + 1);
    return;
  }
}

void commit_config(TranslationCaches& caches, const DecisionEffects& effects) {
  if (effects.config_lookup == Lookup::hit) {
    caches.use_config(effects.config_slot);
  } else if (effects.config_lookup == Lookup::miss) {
    ++caches.statistics.config_misses;
    if (effects.fills_config && caches.configs.insert(effects.config_tag, effects.context)) ++caches.epoch;
  }
}

/// A request that was refused leaves nothing of its walk in the caches.
void commit_walk(TranslationCaches& caches, const DecisionEffects& effects) {
  effects.walk.for_each_hit(
      [&](const WalkEffects::Hit& hit) { (hit.in_ipa_cache ? caches.ipas : caches.walks).touch(hit.slot); });
  if (!effects.fills_tlb) return;
  effects.walk.for_each_fill([&](const WalkEffects::Fill& fill) {
    const bool is_table = fill.tag.is_table();
    (is_table ? caches.walks : caches.ipas).insert(fill.tag, fill.entry);
  });
}

void commit_tlb(TranslationCaches& caches, const DecisionEffects& effects) {
  if (effects.tlb_lookup == Lookup::hit) return caches.use_translation(effects.tlb_slot, effects.in_micro_tlb);
  if (effects.walk.any()) commit_walk(caches, effects);
  if (effects.tlb_lookup == Lookup::not_made) return;
  ++caches.statistics.tlb_misses;
  const bool had_entry = effects.tlb_slot != Tlb::none;
  if (effects.fills_tlb && (caches.tlb.insert(effects.tlb_tag, effects.tlb_entry) || had_entry)) ++caches.epoch;
}

}  // namespace

void commit_misses(TranslationCaches& caches, memory::PhysicalBus& bus, const iommu::TranslationRequest& request,
                   FetchLog& fetches, DecisionEffects& effects, iommu::TranslationResult& result) {
  if (effects.updates_tables) update_tables(bus, request, fetches, effects, result);
  commit_config(caches, effects);
  commit_tlb(caches, effects);
}

std::optional<iommu::CacheHits> hits_of(const TranslationCaches& caches, const DecisionEffects& effects,
                                        Outcome outcome) {
  if (outcome != Outcome::translated) return {};
  if (effects.config_lookup == Lookup::miss || effects.tlb_lookup == Lookup::miss) return {};
  iommu::CacheHits hits;
  hits.epoch = caches.epoch;
  if (effects.config_lookup == Lookup::hit) hits.context = effects.config_slot;
  if (effects.tlb_lookup == Lookup::hit) hits.translation = effects.tlb_slot;
  return hits;
}

bool repeat(TranslationCaches& caches, const iommu::CacheHits& hits) {
  if (hits.epoch != caches.epoch) return false;
  if (hits.context != iommu::CacheHits::none) caches.use_config(hits.context);
  if (hits.translation != iommu::CacheHits::none)
    caches.use_translation(hits.translation, caches.tlb.is_in_micro(hits.translation));
  return true;
}

}  // namespace iommusim::smmuv3
