// SPDX-License-Identifier: Apache-2.0
// Between the fabric's words and an IOMMU's.
#pragma once

#include "base/access.h"
#include "base/landing.h"
#include "interrupts/local_apic.h"
#include "iommu/stall.h"
#include "iommu/translation.h"

namespace iommusim::iommu {

/// The request that reaches the IOMMU for an access whose address is already an I/O virtual address (the host
/// bridge's inbound offset applied). `message_data`: what a 4-byte write carries.
inline TranslationRequest request_of(const Access& access, std::uint32_t message_data = 0) {
  TranslationRequest request;
  request.requester = access.requester;
  request.pasid = access.pasid;
  request.address_type = access.address_type;
  request.operation = access.operation;
  request.privileged = access.privileged;
  request.execute = access.execute;
  request.address = Iova{access.address.value()};
  request.size = access.size;
  request.message_data = message_data;
  return request;
}

/// The landing of an interrupt that unit `by` took down for a virtual processor: its vector, and who is notified.
inline Landing posted_landing(ComponentId by, RequesterId source, const TranslationResult& result) {
  const interrupts::MsiMessage message{BusAddr{result.address.value()}, result.message_data};
  return interrupts::interrupt_landing(message, source, by, *result.rule);
}

/// The landing of a request that unit `by` refused. Without a fault reason it is a plain refusal.
inline Landing fault_landing(ComponentId by, const TranslationResult& result) {
  Landing landing;
  landing.kind = result.fault_reason == 0 ? LandingKind::rejected : LandingKind::iommu_fault;
  landing.where = by;
  landing.status = result.status;
  landing.fault_reason = result.fault_reason;
  landing.from_cache = result.translation_cached;
  landing.decide(by, *result.rule);
  return landing;
}

/// The landing of a request that unit `by` ends without an error.
inline Landing ignored_landing(ComponentId by, const Access& access, const TranslationResult& result) {
  Landing landing = fault_landing(by, result);
  landing.status = access.posted() ? CompletionStatus::none : CompletionStatus::successful;
  return landing;
}

/// The landing of an access that ends at unit `by`: what its device is told, and why. Precondition: it is neither
/// translated nor an interrupt that goes on to a doorbell.
inline Landing landing_at_unit(ComponentId by, const Access& access, const TranslationResult& result) {
  switch (result.outcome) {
    case Outcome::posted: return posted_landing(by, access.requester, result);
    case Outcome::ignored: return ignored_landing(by, access, result);
    case Outcome::stalled:
      return rejection(by, rules::stall_unanswered,
                       access.posted() ? CompletionStatus::none : CompletionStatus::timeout);
    default: return fault_landing(by, result);
  }
}

}  // namespace iommusim::iommu
