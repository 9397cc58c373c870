// SPDX-License-Identifier: Apache-2.0
// How a hypervisor sets up the descriptor of a virtual processor (VT-d specification, 9.12).
#pragma once

#include "base/address.h"
#include "software/cpu_bus.h"

#include <cstdint>

namespace iommusim::software {

struct PostedDescriptorSetup {
  /// Vector and processor of the notification.
  std::uint8_t notification_vector = 0;
  std::uint32_t apic_id = 0;
  /// The virtual processor does not run: only urgent interrupts notify.
  bool suppressed = false;
};

/// Writes all 64 bytes at `place`, which is a multiple of them. `extended`: the unit is in extended interrupt mode.
void write_posted_descriptor(CpuBus& bus, PhysAddr place, const PostedDescriptorSetup& setup, bool extended);

/// What a notified processor does (Intel SDM volume 3, posted-interrupt processing): clears ON, then takes the
/// requested vectors over and leaves none behind. SN and the notification stay as they are.
void take_posted_requests(CpuBus& bus, PhysAddr place);

}  // namespace iommusim::software
