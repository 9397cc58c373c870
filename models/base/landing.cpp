// SPDX-License-Identifier: Apache-2.0
#include "base/landing.h"

namespace iommusim {

Landing rejection(ComponentId by, const Rule& rule, CompletionStatus status) {
  Landing landing;
  landing.kind = LandingKind::rejected;
  landing.where = by;
  landing.status = status;
  landing.decide(by, rule);
  return landing;
}

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
