// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/scalable_translation.h"

#include "iommu/vtd/first_stage_walk.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace iommusim::vtd {
namespace {

using iommu::TranslationResult;

class ScalableTranslation {
 public:
  explicit ScalableTranslation(const RequestInputs& inputs)
      : inputs_{inputs},
        unit_{inputs.unit},
        request_{inputs.request},
        tables_{inputs.unit.bus, inputs.fetches},
        effects_{inputs.effects} {}

  TranslationResult run() {
    TranslationResult result = translate(find_context(inputs_, tables_, look_up_scalable_context));
    result.context_cached = effects_.context_lookup == Lookup::hit;
    result.translation_cached = effects_.iotlb_lookup == Lookup::hit;
    effects_.updates_tables = tables_.has_updates();
    effects_.fpd = fpd_;
    return result;
  }

 private:
  TranslationResult translate(const Context& context);
  FaultReason check_request_type(const Context& context) const;
  FaultReason check_request_privilege(const PasidContext& pasid) const;
  TranslationResult translate(const PasidContext& pasid);
  TranslationResult pass_to_host(const Rule& rule) const;
  TranslationResult pass_through();
  TranslationResult look_up(const PasidContext& pasid);
  TranslationResult walk(const PasidContext& pasid);
  bool serves(const PasidContext& pasid, const IotlbEntry& entry) const;
  TranslationResult second_stage(const PasidContext& pasid);
  TranslationResult first_stage(const PasidContext& pasid, const SecondStageLookup* nested);
  TranslationResult note_and_deliver(const PasidContext& pasid, const IotlbEntry& entry, const IotlbTag& tag,
                                     const Rule& rule);
  TranslationResult deliver(const PasidContext& pasid, const IotlbEntry& entry, unsigned level, const Rule& rule) const;
  bool ends_in_interrupt_range(const IotlbEntry& entry, unsigned level) const;
  WalkContext second_stage_context() { return {unit_.format, unit_.caches.second_stage, tables_, effects_.paging}; }
  SecondStageNeeds second_stage_needs() const;
  TranslationResult refuse(FaultReason reason) const { return vtd::refuse(request_, reason, fpd_); }

  const RequestInputs& inputs_;
  const DecisionInputs& unit_;
  const iommu::TranslationRequest& request_;
  TableReader tables_;
  DecisionEffects& effects_;
  /// Of every structure read so far that has the field.
  bool fpd_ = false;
  /// The PASID that translates: of the request, or RID_PASID.
  Pasid number_;
  bool privileged_ = false;
};

bool has_first_stage(const PasidContext& pasid) {
  return pasid.type == Pgtt::first_stage || pasid.type == Pgtt::nested;
}

/// Requests without PASID cannot ask for it.
bool asks_for_execute(const iommu::TranslationRequest& request) {
  return request.pasid.has_value() && request.execute;
}

TranslationResult ScalableTranslation::translate(const Context& context) {
  fpd_ = context.fpd;
  if (context.fault != FaultReason::none) return refuse(context.fault);
  if (const FaultReason reason = check_request_type(context); reason != FaultReason::none) return refuse(reason);
  if (request_.address_type == AddressType::translated) return pass_to_host(rules::translated_request);

  number_ = request_.pasid.value_or(context.rid_pasid);
  privileged_ = request_.pasid.has_value() ? request_.privileged : context.rid_privileged;
  const PasidContext& pasid = find_pasid(inputs_, tables_, context, number_);
  fpd_ = fpd_ || pasid.fpd;
  if (pasid.fault != FaultReason::none) return refuse(pasid.fault);
  if (const FaultReason reason = check_request_privilege(pasid); reason != FaultReason::none) return refuse(reason);
  if (is_interrupt_range_query(request_))
    return answer_interrupt_range_query(request_, takes_write(request_, unit_.format));
  return translate(pasid);
}

FaultReason ScalableTranslation::check_request_type(const Context& context) const {
  if (request_.address_type != AddressType::untranslated && !context.device_tlb)
    return FaultReason::device_tlb_disabled;
  if (!request_.pasid.has_value()) return FaultReason::none;
  if (const FaultReason reason = check_pasid(context, *request_.pasid); reason != FaultReason::none) return reason;
  const bool is_too_wide = request_.pasid->value() >= unit_.format.scalable().pasid_limit;
  return is_too_wide ? FaultReason::pasid_beyond_capability : FaultReason::none;
}

/// RID_PRIV counts as the privilege of a request without PASID.
FaultReason ScalableTranslation::check_request_privilege(const PasidContext& pasid) const {
  if (asks_for_execute(request_) && !pasid.execute_requests) return FaultReason::execute_requests_disabled;
  if (privileged_ && !pasid.supervisor_requests) return FaultReason::supervisor_requests_disabled;
  return FaultReason::none;
}

TranslationResult ScalableTranslation::translate(const PasidContext& pasid) {
  switch (pasid.type) {
    case Pgtt::pass_through: return pass_through();
    case Pgtt::second_stage:
      if ((request_.address.value() & unit_.format.excess_input_bits(pasid.second_stage_levels)) != 0)
        return refuse(FaultReason::scalable_address_beyond_width);
      break;
    case Pgtt::first_stage:
    case Pgtt::nested:
      if (!is_canonical(request_.address.value(), pasid.first_stage_levels)) return refuse(FaultReason::not_canonical);
      break;
  }
  return look_up(pasid);
}

TranslationResult ScalableTranslation::pass_to_host(const Rule& rule) const {
  return vtd::pass_to_host(inputs_, FaultReason::address_beyond_host_width,
                           FaultReason::scalable_output_in_interrupt_range, fpd_, rule);
}

TranslationResult ScalableTranslation::pass_through() {
  TranslationResult result = pass_to_host(rules::scalable_pass_through);
  result.executable = asks_for_execute(request_);
  return result;
}

TranslationResult ScalableTranslation::look_up(const PasidContext& pasid) {
  const Iotlb& iotlb = unit_.caches.iotlb;
  effects_.iotlb_slot = has_first_stage(pasid) ? iotlb.find_page(pasid.domain, number_, request_.address)
                                               : iotlb.find_page(pasid.domain, request_.address);
  if (effects_.iotlb_slot != Iotlb::none) {
    const IotlbEntry& entry = iotlb.value(effects_.iotlb_slot);
    const unsigned level = iotlb.tag(effects_.iotlb_slot).level();
    const bool is_empty = !entry.rights.any();
    if (is_empty || serves(pasid, entry)) {
      effects_.iotlb_lookup = Lookup::hit;
      if (is_empty) return refuse(FaultReason::second_stage_not_present);
      return deliver(pasid, entry, level, rules::iotlb_hit);
    }
  }
  effects_.iotlb_lookup = Lookup::miss;
  return walk(pasid);
}

/// A cached translation without the right that is needed is walked again: it may be older than a table that grants
/// more. So is one that is written for the first time, to set the dirty bit.
bool ScalableTranslation::serves(const PasidContext& pasid, const IotlbEntry& entry) const {
  const SecondStageNeeds needs = second_stage_needs();
  const bool writes = needs.rights.write || needs.takes_write;
  if (missing_right(needs.rights, entry.rights) != MissingRight::none) return false;
  if (writes && !(entry.dirty && entry.rights.write && may_write(entry.first_stage, privileged_, pasid))) return false;
  if (!privileged_ && !entry.first_stage.user) return false;
  return !asks_for_execute(request_) || (entry.rights.execute && may_execute(entry.first_stage, privileged_, pasid));
}

SecondStageNeeds ScalableTranslation::second_stage_needs() const {
  SecondStageNeeds needs{needed_rights(request_, unit_.format), takes_write(request_, unit_.format)};
  needs.rights.execute = asks_for_execute(request_) && !asks_for_translation(request_);
  return needs;
}

TranslationResult ScalableTranslation::walk(const PasidContext& pasid) {
  if (pasid.type == Pgtt::second_stage) return second_stage(pasid);
  if (pasid.type == Pgtt::first_stage) return first_stage(pasid, nullptr);
  const SecondStage stage = second_stage_of(pasid);
  const SecondStageLookup nested{second_stage_context(), pasid.domain, stage};
  return first_stage(pasid, &nested);
}

TranslationResult ScalableTranslation::second_stage(const PasidContext& pasid) {
  const SecondStage stage = second_stage_of(pasid);
  const SecondStageLookup lookup{second_stage_context(), pasid.domain, stage};
  const SecondStageResult walked = lookup.find(request_.address.value(), second_stage_needs());
  const IotlbTag tag{pasid.domain, request_.address, walked.level};
  if (walked.fault != SecondStageFault::none) {
    if (walked.fault == SecondStageFault::not_present && unit_.format.caches_faults()) {
      effects_.iotlb_tag = tag;
      effects_.iotlb_entry = permits_nothing;
      effects_.fills_iotlb = true;
    }
    return refuse(scalable_reason(walked.fault));
  }
  IotlbEntry entry;
  entry.page = walked.page;
  entry.rights = walked.rights;
  entry.dirty = walked.dirty;
  entry.snooped = walked.snooped || pasid.snooped_page;
  if (ends_in_interrupt_range(entry, walked.level)) tables_.withdraw_bits(walked.leaf_fetch, SecondStageEntry::D::mask);
  return note_and_deliver(pasid, entry, tag, rules::second_stage);
}

/// `nested` then translates the output, which is a guest-physical address. No stage counts a page as written whose
/// write permission the other withholds from a translation request.
TranslationResult ScalableTranslation::first_stage(const PasidContext& pasid, const SecondStageLookup* nested) {
  const SecondStageNeeds needs = second_stage_needs();
  FirstStageWalk walk{
      {{unit_.format, unit_.caches.first_stage, tables_, effects_.paging}, inputs_.fetches}, pasid, number_, nested};
  const FirstStageResult walked =
      walk.run(request_.address, {needs.rights.write, needs.rights.execute, privileged_, needs.takes_write});
  if (walked.fault != FaultReason::none) return refuse(walked.fault);
  IotlbEntry entry;
  entry.page = PhysAddr{walked.page};
  entry.first_stage = walked.rights;
  entry.dirty = walked.dirty;
  entry.snooped = pasid.snooped_page;
  unsigned level = walked.level;
  bool grants_write = walked.can_be_dirty;
  std::optional<std::size_t> host_leaf;
  if (nested != nullptr) {
    const std::uint64_t guest_address = walked.page + request_.address.offset_in(page_size(level));
    if (nested->is_beyond_width(guest_address)) return refuse(FaultReason::first_stage_address_beyond_width);
    SecondStageNeeds host_needs = needs;
    host_needs.takes_write =
        needs.takes_write && may_write(walked.rights, privileged_, pasid) && (walked.dirty || walked.can_be_dirty);
    const SecondStageResult host = nested->find(guest_address, host_needs);
    if (host.fault != SecondStageFault::none) return refuse(scalable_reason(host.fault));
    // The smaller of the two pages.
    level = std::min(level, host.level);
    entry.page = host.page + (guest_address & (page_size(host.level) - 1) & ~(page_size(level) - 1));
    entry.rights = host.rights;
    grants_write = grants_write && host.rights.write && host.dirty;
    host_leaf = host.leaf_fetch;
    entry.dirty = entry.dirty && host.dirty;
    entry.snooped = entry.snooped || host.snooped;
  }
  if (ends_in_interrupt_range(entry, level)) {
    // Refused with the rights that the tables grant, though no bit is set for them.
    entry.dirty = entry.dirty || grants_write;
    walk.withdraw_write();
    if (host_leaf) tables_.withdraw_bits(*host_leaf, SecondStageEntry::D::mask);
  } else if (grants_write) {
    walk.take_write();
    entry.dirty = true;
  }
  const IotlbTag tag{pasid.domain, number_, request_.address, level};
  return note_and_deliver(pasid, entry, tag, nested != nullptr ? rules::nested : rules::first_stage);
}

/// Who ends there writes nothing. Only accessed bits may be set although the request is blocked (3.6.2).
bool ScalableTranslation::ends_in_interrupt_range(const IotlbEntry& entry, unsigned level) const {
  return touches_interrupt_range(output_of(request_, entry, level).value(), request_.size);
}

TranslationResult ScalableTranslation::note_and_deliver(const PasidContext& pasid, const IotlbEntry& entry,
                                                        const IotlbTag& tag, const Rule& rule) {
  effects_.iotlb_entry = entry;
  effects_.iotlb_tag = tag;
  TranslationResult result = deliver(pasid, entry, tag.level(), rule);
  effects_.fills_iotlb = result.outcome == iommu::Outcome::translated && (result.readable || result.writable);
  return result;
}

TranslationResult ScalableTranslation::deliver(const PasidContext& pasid, const IotlbEntry& entry, unsigned level,
                                               const Rule& rule) const {
  TranslationResult result = translated(request_, entry, level, rule, unit_.format);
  // Who goes on to write without asking again sets no dirty bit.
  result.writable = result.writable && entry.dirty && may_write(entry.first_stage, privileged_, pasid);
  result.executable =
      asks_for_execute(request_) && entry.rights.execute && may_execute(entry.first_stage, privileged_, pasid);
  if (leads_somewhere(request_, result) && ends_in_interrupt_range(entry, level))
    result = refuse(FaultReason::scalable_output_in_interrupt_range);
  return result;
}

}  // namespace

SecondStage second_stage_of(const PasidContext& pasid) {
  SecondStage stage;
  stage.table = pasid.second_stage_table;
  stage.levels = pasid.second_stage_levels;
  stage.counts_execute = pasid.second_stage_execute;
  stage.sets_accessed = pasid.second_stage_access_dirty;
  stage.is_snooped = pasid.snooped_walk;
  stage.names = &second_stage_entry_names;
  return stage;
}

TranslationResult translate_in_scalable_mode(const RequestInputs& inputs) {
  const auto& pasid = inputs.request.pasid;
  if (pasid.has_value() && inputs.request.address_type == AddressType::translated)
    return refuse_silently(inputs.request, rules::translated_with_pasid);
  // ECAP.PASID=0: no such requests.
  if (pasid.has_value() && inputs.unit.format.scalable().pasid_limit == 0)
    return refuse_silently(inputs.request, rules::pasid_unsupported);
  return ScalableTranslation{inputs}.run();
}

}  // namespace iommusim::vtd
