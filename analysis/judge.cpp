// SPDX-License-Identifier: Apache-2.0
#include "analysis/judge.h"

#include "pcie/request_range.h"

namespace iommusim::analysis {

std::optional<CollisionKind> Judge::verdict(pcie::NodeIndex device, const Access& access, const Intent& intent,
                                            const Landing& landing) const {
  Circumstance circumstance = circumstance_of(device, access);
  // A frame of a GIC is a window of its own, wherever the IOMMU maps it.
  const platforms::Doorbell* taker = machine_.find_doorbell(landing.where);
  if (taker != nullptr && taker->frame != nullptr) circumstance.in_interrupt_window = true;
  const auto kind = classify(intent, landing, circumstance);
  // Whose memory it is takes a search, so it is only asked for where it makes a difference.
  if (kind != CollisionKind::wrong_memory || landing.kind != LandingKind::memory) return kind;
  circumstance.foreign_memory = mapped_in_another_domain(device, PhysAddr{landing.address});
  return classify(intent, landing, circumstance);
}

Circumstance Judge::circumstance_of(pcie::NodeIndex device, const Access& access) const {
  Circumstance circumstance;
  circumstance.operation = access.operation;
  circumstance.zero_length = access.size == 0 && access.operation == Operation::read;
  const auto& window = machine_.bridges()[machine_.topology()[device].host_bridge].interrupt_window;
  circumstance.in_interrupt_window = window && window->overlaps(pcie::request_range(access));
  return circumstance;
}

bool Judge::mapped_in_another_domain(pcie::NodeIndex device, PhysAddr physical) const {
  const platforms::Domain* own = system_.domain_of(device);
  bool found = false;
  for (const auto& domain : system_.domains()) {
    if (domain.get() == own) continue;
    domain->space.for_each_live([&](const Range<Iova>& range, const software::Intent& mapped) {
      found = found || physical - mapped.physical < range.size();
    });
  }
  return found;
}

}  // namespace iommusim::analysis
