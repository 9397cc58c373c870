// SPDX-License-Identifier: Apache-2.0
// The ways in which a decision ends (SMMUv3 architecture, 3.9.1.2, 5.5 and 7.3).
#include "iommu/smmuv3/decision.h"
#include "iommu/smmuv3/rules.h"

namespace iommusim::smmuv3 {

using iommu::Outcome;

namespace {

/// Posted writes are told nothing.
CompletionStatus abort_status(const iommu::TranslationRequest& request) {
  return request.operation == Operation::write && request.address_type != AddressType::translation_request
             ? CompletionStatus::none
             : CompletionStatus::completer_abort;
}

FaultPolicy policy_of(const Fault& fault, const StreamContext* context) {
  if (!is_of_translation(fault.code) || context == nullptr) return {};
  if (fault.stage_2) return context->stage_2.faults;
  return context->translates_stage_1() ? context->stage_1.faults : FaultPolicy{};
}

}  // namespace

Decision::Result Decision::refuse_silently(const Rule& rule) const {
  Result result;
  result.outcome = Outcome::fault;
  result.status = asks_for_translation() ? CompletionStatus::unsupported_request : abort_status(request_);
  result.rule = &rule;
  result.context_cached = effects_.config_lookup == Lookup::hit;
  return result;
}

Decision::Result Decision::refuse(const Fault& fault, const StreamContext* context) {
  const bool is_of_address = is_of_translation(fault.code);
  if (asks_for_translation() && is_of_address) return grant_nothing(rule_of(fault.code));
  const FaultPolicy policy = policy_of(fault, context);
  const bool stalls = policy.stalls && request_.address_type == AddressType::untranslated;
  Result result;
  result.fault_reason = static_cast<std::uint16_t>(fault.code);
  result.fault_recorded = stalls || is_recorded(fault, policy);
  result.rule = &rule_of(fault.code);
  result.context_cached = effects_.config_lookup == Lookup::hit;
  if (result.fault_recorded) describe(fault, context);
  effects_.event.stall = stalls;
  if (stalls) {
    result.outcome = Outcome::stalled;
  } else if (!policy.aborts) {
    result.outcome = Outcome::ignored;
  } else {
    result.outcome = Outcome::fault;
    const bool is_unsupported = fault.code == EventCode::f_bad_ats_treq;
    result.status = is_unsupported ? CompletionStatus::unsupported_request : abort_status(request_);
  }
  return result;
}

/// What is not of the address is recorded always, but for translation requests and what came translated: that needs
/// REC_CFG_ATS. RECINVSID does not count for translated transactions.
bool Decision::is_recorded(const Fault& fault, const FaultPolicy& policy) const {
  const ControlState& control = unit_.control;
  if (is_of_translation(fault.code)) return policy.records;
  if (fault.code == EventCode::f_bad_ats_treq || fault.code == EventCode::f_transl_forbidden) return true;
  const bool counts_range = fault.code == EventCode::c_bad_streamid && !is_translated();
  if (counts_range && !control.record_bad_stream_ids) return false;
  const bool is_of_walk = fault.code == EventCode::f_walk_eabt && is_translated();
  return request_.address_type == AddressType::untranslated || is_of_walk || control.record_ats_errors;
}

void Decision::describe(const Fault& fault, const StreamContext* context) {
  Event& event = effects_.event;
  event = {};
  event.code = fault.code;
  event.stream = stream_;
  event.has_substream = substream_.has_value();
  event.substream = substream_.has_value() ? substream_->value() : 0;
  event.privileged = needs_.privileged;
  event.instruction = needs_.instruction;
  event.read = request_.operation == Operation::read;
  // An atomic that lacks read permission alone (13.1.1).
  if (request_.operation == Operation::atomic && fault.lacking == Permissions::read) event.read = true;
  event.write = asks_for_translation() && !request_.no_write;
  event.stage_2 = fault.stage_2;
  event.fault_class = fault.fault_class;
  event.table_read = fault.table_read;
  event.input_address = request_.address.value();
  event.fetch_address = fault.address;
  event.may_merge = context != nullptr && context->merges_events;
  if (fault.code == EventCode::f_bad_ats_treq) {
    // Before the overrides of the entry (7.3.6).
    event.privileged = request_.pasid.has_value() && request_.privileged;
    event.instruction = request_.pasid.has_value() && request_.execute;
  }
}

}  // namespace iommusim::smmuv3
