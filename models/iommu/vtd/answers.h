// SPDX-License-Identifier: Apache-2.0
// The answers that a decision can end with.
#pragma once

#include "base/rule.h"
#include "iommu/translation.h"
#include "iommu/vtd/fault_reasons.h"

namespace iommusim::vtd {

/// The requester of a posted write is told nothing (VT-d specification, 7.1.2).
inline CompletionStatus refusal_status(const iommu::TranslationRequest& request) {
  return request.operation == Operation::write ? CompletionStatus::none : CompletionStatus::unsupported_request;
}

/// Refused for `reason`. `fpd`: the effective FPD, which suppresses the record of qualified faults. What only keeps the
/// device from the page is no refusal of a translation request: it is answered without rights.
iommu::TranslationResult refuse(const iommu::TranslationRequest& request, FaultReason reason, bool fpd);

/// Refused by a rule that has no fault reason and leaves no record.
iommu::TranslationResult refuse_silently(const iommu::TranslationRequest& request, const Rule& rule);

/// Goes on to the same address with every right.
iommu::TranslationResult pass_unchanged(const iommu::TranslationRequest& request, const Rule& rule);

/// A translation request into the interrupt range (7.1.3, S.1 and S.2): who may write shall write there as it is, and
/// who will not gets nothing.
iommu::TranslationResult answer_interrupt_range_query(const iommu::TranslationRequest& request, bool may_write);

/// A zero-length read of the interrupt range: done, and nobody is asked.
iommu::TranslationResult complete_without_access();

/// Goes on as an interrupt request.
iommu::TranslationResult pass_as_interrupt(const iommu::TranslationRequest& request);

}  // namespace iommusim::vtd
