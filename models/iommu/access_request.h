// SPDX-License-Identifier: Apache-2.0
// Between the fabric's words and an IOMMU's.
#pragma once

#include "base/access.h"
#include "base/landing.h"
#include "interrupts/local_apic.h"
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

}  // namespace iommusim::iommu
