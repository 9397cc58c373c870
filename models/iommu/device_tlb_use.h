// SPDX-License-Identifier: Apache-2.0
// When a function uses the translations that it keeps, and what becomes of a request that it sends by them (PCIe base
// specification, 10.2). The simulated endpoint and the static walk both ask here.
#pragma once

#include "base/access.h"
#include "iommu/device_tlb.h"

namespace iommusim::iommu {

/// For what the function itself wants at an untranslated address. Interrupt messages and what goes out in another name
/// it sends as they are. `own`: its requester ID; `ats_enabled`: ATS Enable (10.5.1.3).
inline bool uses_device_tlb(const Access& access, RequesterId own, bool ats_enabled) {
  return ats_enabled && access.address_type == AddressType::untranslated && !access.message && access.requester == own;
}

/// A request that `function` sent as translated, by what it knew, has landed: in memory the function decided where.
inline void land_by_device_tlb(Landing& landing, ComponentId function) {
  if (landing.kind != LandingKind::memory) return;
  landing.decide(function, rules::device_tlb);
  landing.from_cache = true;
}

}  // namespace iommusim::iommu
