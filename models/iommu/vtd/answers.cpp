// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/answers.h"

#include "iommu/vtd/rules.h"

namespace iommusim::vtd {

using iommu::Outcome;
using iommu::TranslationRequest;
using iommu::TranslationResult;

namespace {

TranslationResult grant_nothing(FaultReason reason) {
  TranslationResult result;
  result.outcome = Outcome::translated;
  result.rule = &rule_of(reason);
  return result;
}

}  // namespace

TranslationResult refuse(const TranslationRequest& request, FaultReason reason, bool fpd) {
  const bool asks_for_translation = request.address_type == AddressType::translation_request;
  const TranslationRequestEnd end = translation_request_end(reason);
  const bool is_recorded = !(fpd && is_qualified(reason));
  if (asks_for_translation && end == TranslationRequestEnd::without_rights) return grant_nothing(reason);
  if (asks_for_translation && end == TranslationRequestEnd::recorded_without_rights) {
    TranslationResult nothing = grant_nothing(reason);
    nothing.fault_reason = static_cast<std::uint16_t>(reason);
    nothing.fault_recorded = is_recorded;
    return nothing;
  }
  TranslationResult result;
  result.outcome = Outcome::fault;
  result.fault_reason = static_cast<std::uint16_t>(reason);
  result.fault_recorded = is_recorded;
  const bool aborts = asks_for_translation && end == TranslationRequestEnd::aborted;
  result.status = aborts ? CompletionStatus::completer_abort : refusal_status(request);
  result.rule = &rule_of(reason);
  return result;
}

TranslationResult refuse_silently(const TranslationRequest& request, const Rule& rule) {
  TranslationResult result;
  result.outcome = Outcome::fault;
  result.status = refusal_status(request);
  result.rule = &rule;
  return result;
}

TranslationResult pass_unchanged(const TranslationRequest& request, const Rule& rule) {
  TranslationResult result;
  result.outcome = Outcome::translated;
  result.address = PhysAddr{request.address.value()};
  result.readable = true;
  result.writable = true;
  result.rule = &rule;
  return result;
}

TranslationResult answer_interrupt_range_query(const TranslationRequest& request, bool may_write) {
  TranslationResult result;
  result.outcome = Outcome::translated;
  result.address = PhysAddr{request.address.value()};
  result.writable = result.untranslated_only = may_write;
  result.rule = &rules::untranslated_interrupt_range;
  return result;
}

TranslationResult complete_without_access() {
  TranslationResult result;
  result.outcome = Outcome::ignored;
  result.rule = &rules::interrupt_range_flush;
  return result;
}

TranslationResult pass_as_interrupt(const TranslationRequest& request) {
  TranslationResult result;
  result.outcome = Outcome::interrupt;
  result.address = PhysAddr{request.address.value()};
  result.message_data = request.message_data;
  result.rule = &rules::interrupt_request;
  return result;
}

}  // namespace iommusim::vtd
