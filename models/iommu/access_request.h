// SPDX-License-Identifier: Apache-2.0
// Between the fabric's words and an IOMMU's.
#pragma once

#include "base/access.h"
#include "base/landing.h"
#include "iommu/translation.h"

namespace iommusim::iommu {

/// The request that reaches the IOMMU for an access whose address is already an I/O virtual address (the host
/// bridge's inbound offset applied).
inline TranslationRequest request_of(const Access& access) {
  TranslationRequest request;
  request.requester = access.requester;
  request.pasid = access.pasid;
  request.address_type = access.address_type;
  request.operation = access.operation;
  request.privileged = access.privileged;
  request.execute = access.execute;
  request.address = Iova{access.address.value()};
  request.size = access.size;
  return request;
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
