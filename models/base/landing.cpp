// SPDX-License-Identifier: Apache-2.0
#include "base/landing.h"

namespace iommusim {

std::string_view to_string(LandingKind kind) {
  switch (kind) {
    case LandingKind::memory: return "memory";
    case LandingKind::peer: return "peer";
    case LandingKind::interrupt: return "interrupt";
    case LandingKind::iommu_fault: return "iommu-fault";
    case LandingKind::rejected: return "rejected";
  }
  return "?";
}

}  // namespace iommusim
