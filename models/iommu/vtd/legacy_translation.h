// SPDX-License-Identifier: Apache-2.0
// One request in legacy mode (VT-d specification, 3.4.2 and 3.7). What most requests pass through, which the caches
// answer, is inline.
#pragma once

#include "iommu/vtd/request_translation.h"

namespace iommusim::vtd {

class LegacyTranslation {
 public:
  /// `inputs` must outlive the object.
  explicit LegacyTranslation(const RequestInputs& inputs)
      : inputs_{inputs}, unit_{inputs.unit}, request_{inputs.request}, effects_{inputs.effects} {}

  iommu::TranslationResult run() {
    const Context* const cached = find_cached_context(inputs_);
    iommu::TranslationResult result = translate(cached != nullptr ? *cached : fetch_context());
    result.context_cached = effects_.context_lookup == Lookup::hit;
    result.translation_cached = effects_.iotlb_lookup == Lookup::hit;
    return result;
  }

 private:
  iommu::TranslationResult translate(const Context& context);
  iommu::TranslationResult look_up(const Context& context);
  iommu::TranslationResult deliver(const Context& context, const IotlbEntry& entry, unsigned level,
                                   const Rule& rule) const;

  const Context& fetch_context();
  iommu::TranslationResult pass(const Context& context) const;
  iommu::TranslationResult walk(const Context& context, NeededRights needed);
  iommu::TranslationResult refuse_empty(const Context& context, NeededRights needed) const;
  void note_nothing_permitted(const Context& context, unsigned level);

  const RequestInputs& inputs_;
  const DecisionInputs& unit_;
  const iommu::TranslationRequest& request_;
  DecisionEffects& effects_;
};

inline iommu::TranslationResult LegacyTranslation::translate(const Context& context) {
  if (context.fault != FaultReason::none) return refuse(request_, context.fault, context.fpd);
  // Type gate.
  if (request_.address_type != AddressType::untranslated && !context.device_tlb)
    return refuse(request_, FaultReason::request_type_blocked, context.fpd);
  if (request_.address_type == AddressType::translated || context.type == TranslationType::pass_through)
    return pass(context);
  if (is_interrupt_range_query(request_))
    return answer_interrupt_range_query(request_, takes_write(request_, unit_.format));
  if ((request_.address.value() & unit_.format.excess_input_bits(context.levels)) != 0)
    return refuse(request_, FaultReason::address_beyond_width, context.fpd);
  return look_up(context);
}

/// A cached translation without the right that is needed is walked again: it may be older than a table that
/// grants more. Only what CAP.CM lets the unit keep of empty entries is believed.
inline iommu::TranslationResult LegacyTranslation::look_up(const Context& context) {
  const NeededRights needed = needed_rights(request_, unit_.format);
  const Iotlb& iotlb = unit_.caches.iotlb;
  effects_.iotlb_slot = iotlb.find_page(context.domain, request_.address);
  if (effects_.iotlb_slot != Iotlb::none) {
    const IotlbEntry& entry = iotlb.value(effects_.iotlb_slot);
    const bool lacks_right = missing_right(needed, entry.rights) != MissingRight::none;
    if (!lacks_right || !entry.rights.any()) {
      effects_.iotlb_lookup = Lookup::hit;
      if (!entry.rights.any()) return refuse_empty(context, needed);
      return deliver(context, entry, iotlb.tag(effects_.iotlb_slot).level(), rules::iotlb_hit);
    }
  }
  effects_.iotlb_lookup = Lookup::miss;
  return walk(context, needed);
}

inline iommu::TranslationResult LegacyTranslation::deliver(const Context& context, const IotlbEntry& entry,
                                                           unsigned level, const Rule& rule) const {
  iommu::TranslationResult result = translated(request_, entry, level, rule, unit_.format);
  if (touches_interrupt_range(result.address.value(), request_.size) && leads_somewhere(request_, result))
    result = refuse(request_, FaultReason::output_in_interrupt_range, context.fpd);
  return result;
}

}  // namespace iommusim::vtd
