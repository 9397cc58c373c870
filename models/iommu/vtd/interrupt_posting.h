// SPDX-License-Identifier: Apache-2.0
// What taking an interrupt down does to a posted interrupt descriptor (VT-d specification, 5.2.3).
#pragma once

#include "iommu/vtd/posted_interrupt_descriptor.h"

namespace iommusim::vtd {

struct Posting {
  /// As it is written back.
  PostedInterruptDescriptor descriptor;
  /// The processor is notified. It is not when it knows already (ON), or does not want to (SN) and need not (URG).
  bool notifies = false;
};

/// Precondition: no reserved bits.
Posting post(PostedInterruptDescriptor descriptor, std::uint8_t vector, bool urgent);

}  // namespace iommusim::vtd
