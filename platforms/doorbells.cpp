// SPDX-License-Identifier: Apache-2.0
#include "platforms/doorbells.h"

namespace iommusim::platforms {

std::string_view to_string(DoorbellKind kind) {
  switch (kind) {
    case DoorbellKind::local_apic: return "local-apic";
    case DoorbellKind::redistributors: return "redistributors";
    case DoorbellKind::its: return "its";
    case DoorbellKind::gicv2m: return "gicv2m";
    case DoorbellKind::mbi: return "mbi";
  }
  return "?";
}

std::vector<DoorbellKind> gic_doorbells(const Description& description) {
  std::vector<DoorbellKind> kinds;
  if (!description.gic) return kinds;
  if (description.gic->its) kinds.push_back(DoorbellKind::its);
  if (description.gic->gicv2m) kinds.push_back(DoorbellKind::gicv2m);
  if (description.gic->mbi) kinds.push_back(DoorbellKind::mbi);
  return kinds;
}

std::vector<DoorbellKind> message_targets(const Description& description) {
  std::vector<DoorbellKind> kinds = gic_doorbells(description);
  if (description.local_apic) kinds.insert(kinds.begin(), DoorbellKind::local_apic);
  return kinds;
}

void resolve_doorbells(Description& description) {
  const std::vector<DoorbellKind> kinds = message_targets(description);
  if (kinds.empty()) return;
  for (HostBridgeDescription& bridge : description.host_bridges)
    if (!bridge.doorbell) bridge.doorbell = kinds.front();
}

}  // namespace iommusim::platforms
