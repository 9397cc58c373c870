// SPDX-License-Identifier: Apache-2.0
#include "platforms/device_tlbs.h"

namespace iommusim::platforms {

void forget_disabled_translations(Machine& machine, unsigned offset) {
  // ATS Control and VF Enable are extended capabilities'; what enumeration writes most is below them.
  constexpr unsigned first_extended = 0x100;
  if (offset < first_extended) return;
  for (Device& device : machine.devices()) {
    if (device.tlb == nullptr || device.tlb->size() == 0) continue;
    const pcie::Node& function = machine.topology()[device.node];
    if (!function.decoded.ats_enabled || !function.decoded.present) device.tlb->forget(function.requester);
  }
}

}  // namespace iommusim::platforms
