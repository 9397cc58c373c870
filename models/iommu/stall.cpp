// SPDX-License-Identifier: Apache-2.0
#include "iommu/stall.h"

namespace iommusim::iommu {
namespace {

/// The requester of a posted write is told nothing.
CompletionStatus refusal_of(const TranslationRequest& request) {
  return request.operation == Operation::write ? CompletionStatus::none : CompletionStatus::completer_abort;
}

TranslationResult terminated(const TranslationRequest& request, const TranslationResult& stalled, Outcome outcome) {
  TranslationResult result = stalled;
  result.outcome = outcome;
  result.message_data = 0;
  if (outcome == Outcome::fault) result.status = refusal_of(request);
  return result;
}

}  // namespace

TranslationResult end_stall(Unit& unit, const TranslationRequest& request, const TranslationResult& stalled,
                            FetchLog& fetches, const std::function<void()>& software) {
  TranslationResult result = stalled;
  for (unsigned retries = 0; result.outcome == Outcome::stalled && retries <= most_retries; ++retries) {
    if (software) software();
    const auto verdict = unit.take_verdict(result.message_data);
    if (!verdict) return result;
    switch (*verdict) {
      case StallVerdict::retry: result = unit.translate(request, fetches); break;
      case StallVerdict::abort: return terminated(request, result, Outcome::fault);
      case StallVerdict::ignore: return terminated(request, result, Outcome::ignored);
    }
  }
  return result;
}

namespace rules {

const Rule stall_unanswered{"iommu.stall-unanswered",
                            "the IOMMU holds the request for software, which never says what is to become of it",
                            "SMMUv3 specification, 3.12.2"};

}  // namespace rules

}  // namespace iommusim::iommu
