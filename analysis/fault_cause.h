// SPDX-License-Identifier: Apache-2.0
// What software left out where an access ended with a fault.
#pragma once

#include "base/landing.h"
#include "iommu/fault_cause.h"
#include "platforms/machine.h"

namespace iommusim::analysis {

/// As the IOMMU says that refused the access; `other` where none did.
inline iommu::FaultCause fault_cause(const platforms::Machine& machine, const Landing& landing) {
  const auto unit = machine.find_iommu(landing.where);
  const bool is_fault = unit && landing.kind == LandingKind::iommu_fault;
  return is_fault ? machine.iommu(*unit).cause_of(landing.fault_reason) : iommu::FaultCause::other;
}

}  // namespace iommusim::analysis
