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

}  // namespace

const Context& LegacyTranslation::fetch_context() {
  TableReader tables{unit_.bus, inputs_.fetches};
  return vtd::fetch_context(inputs_, tables, look_up_context);
}

TranslationResult LegacyTranslation::pass(const Context& context) const {
  const bool is_translated = request_.address_type == AddressType::translated;
  return pass_to_host(inputs_, FaultReason::address_beyond_width, FaultReason::output_in_interrupt_range, context.fpd,
                      is_translated ? rules::translated_request : rules::pass_through);
}

TranslationResult LegacyTranslation::walk(const Context& context, NeededRights needed) {
  TableReader tables{unit_.bus, inputs_.fetches};
  SecondStage stage;
  stage.table = context.table;
  stage.levels = context.levels;
  const SecondStageLookup lookup{
      {unit_.format, unit_.caches.second_stage, tables, effects_.paging}, context.domain, stage};
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

TranslationResult LegacyTranslation::refuse_empty(const Context& context, NeededRights needed) const {
  return refuse(request_, legacy_reason(SecondStageFault::not_present, needed), context.fpd);
}

void LegacyTranslation::note_nothing_permitted(const Context& context, unsigned level) {
  effects_.iotlb_tag = IotlbTag{context.domain, request_.address, level};
  effects_.iotlb_entry = permits_nothing;
  effects_.fills_iotlb = true;
}

}  // namespace iommusim::vtd
