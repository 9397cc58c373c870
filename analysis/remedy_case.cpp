// SPDX-License-Identifier: Apache-2.0
#include "analysis/remedy_case.h"

#include "analysis/judge.h"
#include "platforms/walk.h"

namespace iommusim::analysis {

bool is_cured(const RemedyCase& collision, const Access& access) {
  const AccessRecord& record = collision.record;
  iommu::FetchLog fetches;
  const platforms::Walk way =
      platforms::walk_as_sent(collision.machine, record.device, access, fetches, record.intent.message.data);
  const LandingKind kind = way.landing.kind;
  const bool refused = kind == LandingKind::iommu_fault || kind == LandingKind::rejected;
  if (refused && collision.kind == CollisionKind::isolation_breach) return true;
  return !Judge{collision.machine, collision.system}.verdict(record.device, access, record.intent, way.landing);
}

}  // namespace iommusim::analysis
