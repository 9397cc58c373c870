// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/legacy_translation.h"

#include "iommu/vtd/second_stage_lookup.h"

namespace iommusim::vtd {
namespace {

using iommu::TranslationResult;

FaultReason legacy_reason(SecondStageFault fault, NeededRights needed) {
  switch (fault) {
    case SecondStageFault::none: return FaultReason::none;
    case SecondStageFault::top_access_error: return FaultReason::context_entry_invalid;
    case SecondStageFault::access_error: return FaultReason::paging_entry_access_error;
    case SecondStageFault::not_present:
      return needed.write ? FaultReason::write_not_permitted : FaultReason::read_not_permitted;
    case SecondStageFault::write: return FaultReason::write_not_permitted;
    case SecondStageFault::read: return FaultReason::read_not_permitted;
    case SecondStageFault::reserved: return FaultReason::paging_entry_reserved;
    // Of scalable mode.
    case SecondStageFault::execute:
    case SecondStageFault::update_not_snooped: break;
  }
  return FaultReason::none;
}

class LegacyTranslation {
 public:
  explicit LegacyTranslation(const RequestInputs& inputs)
      : inputs_{inputs},
        unit_{inputs.unit},
        request_{inputs.request},
        tables_{inputs.unit.bus, inputs.fetches},
        effects_{inputs.effects} {}

  TranslationResult run() {
    TranslationResult result = translate(find_context(inputs_, tables_, look_up_context));
    result.context_cached = effects_.context_lookup == Lookup::hit;
    result.translation_cached = effects_.iotlb_lookup == Lookup::hit;
    return result;
  }

 private:
  TranslationResult translate(const Context& context);
  TranslationResult look_up(const Context& context);
  TranslationResult walk(const Context& context, NeededRights needed);
  TranslationResult deliver(const Context& context, const IotlbEntry& entry, unsigned level, const Rule& rule) const;
  void note_nothing_permitted(const Context& context, unsigned level);

  const RequestInputs& inputs_;
  const DecisionInputs& unit_;
  const iommu::TranslationRequest& request_;
  TableReader tables_;
  DecisionEffects& effects_;
};

TranslationResult LegacyTranslation::translate(const Context& context) {
  if (context.fault != FaultReason::none) return refuse(request_, context.fault, context.fpd);
  // Type gate.
  if (request_.address_type != AddressType::untranslated && !context.device_tlb)
    return refuse(request_, FaultReason::request_type_blocked, context.fpd);
  if (request_.address_type == AddressType::translated)
    return pass_to_host(inputs_, FaultReason::address_beyond_width, context.fpd, rules::translated_request);
  if (is_interrupt_range_query(request_)) return answer_untranslated_only(request_);
  if (context.type == TranslationType::pass_through)
    return pass_to_host(inputs_, FaultReason::address_beyond_width, context.fpd, rules::pass_through);
  if ((request_.address.value() & unit_.format.excess_input_bits(context.levels)) != 0)
    return refuse(request_, FaultReason::address_beyond_width, context.fpd);
  return look_up(context);
}

/// A cached translation without the right that is needed is walked again: it may be older than a table that
/// grants more. Only what CAP.CM lets the unit keep of empty entries is believed.
TranslationResult LegacyTranslation::look_up(const Context& context) {
  const NeededRights needed = needed_rights(request_, unit_.format);
  effects_.iotlb_slot = unit_.caches.iotlb.find_page(context.domain, request_.address);
  if (effects_.iotlb_slot == Iotlb::none) return walk(context, needed);

  const IotlbEntry& entry = unit_.caches.iotlb.value(effects_.iotlb_slot);
  const MissingRight missing = missing_right(needed, entry.rights);
  if (missing != MissingRight::none && entry.rights.any()) return walk(context, needed);

  effects_.iotlb_lookup = Lookup::hit;
  if (missing != MissingRight::none || !entry.rights.any())
    return refuse(request_, legacy_reason(SecondStageFault::not_present, needed), context.fpd);
  return deliver(context, entry, unit_.caches.iotlb.tag(effects_.iotlb_slot).level(), rules::iotlb_hit);
}

TranslationResult LegacyTranslation::walk(const Context& context, NeededRights needed) {
  effects_.iotlb_lookup = Lookup::miss;
  SecondStage stage;
  stage.table = context.table;
  stage.levels = context.levels;
  const SecondStageLookup lookup{
      {unit_.format, unit_.caches.second_stage, tables_, effects_.paging}, context.domain, stage};
  const SecondStageResult walked = lookup.find(request_.address.value(), {needed, false});
  if (walked.fault != SecondStageFault::none) {
    const bool is_kept = walked.fault == SecondStageFault::not_present && unit_.format.caches_faults();
    if (is_kept) note_nothing_permitted(context, walked.level);
    return refuse(request_, legacy_reason(walked.fault, needed), context.fpd);
  }
  effects_.iotlb_entry = {walked.page, walked.rights, {}, true, walked.snooped};
  effects_.iotlb_tag = IotlbTag{context.domain, request_.address, walked.level};
  const PhysAddr output = output_of(request_, effects_.iotlb_entry, walked.level);
  effects_.fills_iotlb = !touches_interrupt_range(output.value(), request_.size);
  return deliver(context, effects_.iotlb_entry, walked.level, rules::second_stage);
}

void LegacyTranslation::note_nothing_permitted(const Context& context, unsigned level) {
  effects_.iotlb_tag = IotlbTag{context.domain, request_.address, level};
  effects_.iotlb_entry = permits_nothing;
  effects_.fills_iotlb = true;
}

TranslationResult LegacyTranslation::deliver(const Context& context, const IotlbEntry& entry, unsigned level,
                                             const Rule& rule) const {
  if (touches_interrupt_range(output_of(request_, entry, level).value(), request_.size))
    return refuse(request_, FaultReason::output_in_interrupt_range, context.fpd);
  TranslationResult result = translated(request_, entry, level, rule);
  if (request_.no_write && !takes_write(request_, unit_.format)) result.writable = false;
  return result;
}

}  // namespace

TranslationResult translate_in_legacy_mode(const RequestInputs& inputs) {
  return LegacyTranslation{inputs}.run();
}

}  // namespace iommusim::vtd
