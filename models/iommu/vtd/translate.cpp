// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/translate.h"

#include "iommu/vtd/answers.h"
#include "iommu/vtd/interrupt_range.h"
#include "iommu/vtd/rules.h"

namespace iommusim::vtd {
namespace {

using iommu::FetchLog;
using iommu::TranslationRequest;
using iommu::TranslationResult;

/// One request in legacy mode (VT-d specification, 3.4.2 and 3.7).
class LegacyTranslation {
 public:
  /// `effects` takes what the request would do to the caches.
  LegacyTranslation(const DecisionInputs& unit, const TranslationRequest& request, FetchLog& fetches,
                    CacheEffects& effects)
      : unit_{unit}, request_{request}, tables_{unit.bus, fetches}, effects_{effects} {}

  TranslationResult run() {
    TranslationResult result = translate(find_context());
    result.context_cached = effects_.context_lookup == Lookup::hit;
    result.translation_cached = effects_.iotlb_lookup == Lookup::hit;
    return result;
  }

 private:
  const Context& find_context();
  TranslationResult translate(const Context& context);
  TranslationResult pass_through(const Context& context) const;
  TranslationResult look_up(const Context& context);
  TranslationResult walk(const Context& context, NeededRights needed);
  TranslationResult deliver(const Context& context, const IotlbEntry& entry, unsigned level, const Rule& rule) const;
  TranslationResult translated(const IotlbEntry& entry, unsigned level, const Rule& rule) const;
  bool ends_in_interrupt_range(const IotlbEntry& entry, unsigned level) const;
  PhysAddr output(const IotlbEntry& entry, unsigned level) const;
  void note_nothing_permitted(const Context& context, const WalkResult& walked);

  const DecisionInputs& unit_;
  const TranslationRequest& request_;
  TableReader tables_;
  CacheEffects& effects_;
};

const Context& LegacyTranslation::find_context() {
  effects_.context_slot = unit_.contexts.find(ContextTag{request_.requester});
  if (effects_.context_slot != ContextCache::none) {
    effects_.context_lookup = Lookup::hit;
    return unit_.contexts.value(effects_.context_slot);
  }
  effects_.context_lookup = Lookup::miss;
  effects_.context = look_up_context(unit_.format, unit_.remapping.root_table, request_.requester, tables_);
  const FaultReason fault = effects_.context.fault;
  effects_.fills_context =
      fault == FaultReason::none || (unit_.format.caches_faults() && is_cacheable_with_caching_mode(fault));
  return effects_.context;
}

TranslationResult LegacyTranslation::translate(const Context& context) {
  if (context.fault != FaultReason::none) return refuse(request_, context.fault, context.fpd);
  // Type gate: no context type that a unit without ECAP.DT has lets these through.
  if (request_.address_type != AddressType::untranslated)
    return refuse(request_, FaultReason::request_type_blocked, context.fpd);
  if (context.type == TranslationType::pass_through) return pass_through(context);
  if ((request_.address.value() & unit_.format.excess_input_bits(context.levels)) != 0)
    return refuse(request_, FaultReason::address_beyond_width, context.fpd);
  return look_up(context);
}

TranslationResult LegacyTranslation::pass_through(const Context& context) const {
  if ((request_.address.value() & ~unit_.format.host_bits()) != 0)
    return refuse(request_, FaultReason::address_beyond_width, context.fpd);
  if (unit_.protected_memory.blocks(PhysAddr{request_.address.value()}, request_.size))
    return refuse_silently(request_, rules::protected_memory);
  return pass_unchanged(request_, rules::pass_through);
}

/// A cached translation without the right that is needed is walked again: it may be older than a table that
/// grants more. Only what CAP.CM lets the unit keep of empty entries is believed.
TranslationResult LegacyTranslation::look_up(const Context& context) {
  const NeededRights needed =
      needed_rights(request_.operation, request_.size, unit_.format.supports_zero_length_read());
  effects_.iotlb_slot = unit_.iotlb.find_page(context.domain, request_.address);
  if (effects_.iotlb_slot == Iotlb::none) return walk(context, needed);

  const IotlbEntry& entry = unit_.iotlb.value(effects_.iotlb_slot);
  const FaultReason missing = missing_right(needed, entry.rights);
  if (missing != FaultReason::none && entry.rights.any()) return walk(context, needed);

  effects_.iotlb_lookup = Lookup::hit;
  if (missing != FaultReason::none) return refuse(request_, missing, context.fpd);
  return deliver(context, entry, unit_.iotlb.tag(effects_.iotlb_slot).level(), rules::iotlb_hit);
}

TranslationResult LegacyTranslation::walk(const Context& context, NeededRights needed) {
  effects_.iotlb_lookup = Lookup::miss;
  const WalkStart start{context.second_stage_table, context.levels, context.levels, {}};
  const WalkResult walked = walk_second_stage(unit_.format, start, request_.address, needed, tables_);
  if (walked.fault != FaultReason::none) {
    if (walked.nothing_permitted && unit_.format.caches_faults()) note_nothing_permitted(context, walked);
    return refuse(request_, walked.fault, context.fpd);
  }
  effects_.iotlb_entry = {walked.page, walked.rights};
  effects_.iotlb_tag = IotlbTag{context.domain, request_.address, walked.level};
  effects_.fills_iotlb = !ends_in_interrupt_range(effects_.iotlb_entry, walked.level);
  return deliver(context, effects_.iotlb_entry, walked.level, rules::second_stage);
}

void LegacyTranslation::note_nothing_permitted(const Context& context, const WalkResult& walked) {
  effects_.iotlb_tag = IotlbTag{context.domain, request_.address, walked.level};
  effects_.iotlb_entry = {PhysAddr{}, AccessRights{false, false}};
  effects_.fills_iotlb = true;
}

TranslationResult LegacyTranslation::deliver(const Context& context, const IotlbEntry& entry, unsigned level,
                                             const Rule& rule) const {
  if (ends_in_interrupt_range(entry, level))
    return refuse(request_, FaultReason::output_in_interrupt_range, context.fpd);
  return translated(entry, level, rule);
}

/// The output of a large page may lie there for some addresses only, so every use is checked.
bool LegacyTranslation::ends_in_interrupt_range(const IotlbEntry& entry, unsigned level) const {
  return touches_interrupt_range(output(entry, level).value(), request_.size);
}

PhysAddr LegacyTranslation::output(const IotlbEntry& entry, unsigned level) const {
  return entry.page + request_.address.offset_in(page_size(level));
}

TranslationResult LegacyTranslation::translated(const IotlbEntry& entry, unsigned level, const Rule& rule) const {
  TranslationResult result;
  result.outcome = iommu::Outcome::translated;
  result.address = output(entry, level);
  result.page_size = page_size(level);
  result.readable = entry.rights.read;
  result.writable = entry.rights.write;
  result.rule = &rule;
  return result;
}

TranslationResult decide_disabled(const DecisionInputs& unit, const TranslationRequest& request) {
  if (unit.protected_memory.blocks(PhysAddr{request.address.value()}, request.size))
    return refuse_silently(request, rules::protected_memory);
  if (request.address_type != AddressType::untranslated) return refuse_silently(request, rules::ats_without_remapping);
  // What is left of the range here has a PASID: no interrupt request, and nothing that memory could answer.
  if (touches_interrupt_range(request.address.value(), request.size))
    return refuse_silently(request, rules::pasid_to_interrupt_range);
  return pass_unchanged(request, rules::translation_disabled);
}

}  // namespace

TranslationResult decide(const DecisionInputs& unit, const TranslationRequest& request, FetchLog& fetches,
                         CacheEffects& effects) {
  fetches.clear();
  if (touches_interrupt_range(request.address.value(), request.size))
    if (const auto settled = decide_interrupt_range(request)) return *settled;
  if (!unit.remapping.enabled) return decide_disabled(unit, request);
  // Scalable mode needs ECAP.SMTS and abort-DMA mode ECAP.ADMS, which no unit has yet.
  if (unit.remapping.table_mode != TableMode::legacy) return refuse(request, FaultReason::table_mode_invalid, false);
  if (request.pasid.has_value()) return refuse(request, FaultReason::pasid_in_legacy_mode, false);
  return LegacyTranslation{unit, request, fetches, effects}.run();
}

}  // namespace iommusim::vtd
