// SPDX-License-Identifier: Apache-2.0
// Which message an x86 operating system programs into a device for an interrupt.
#pragma once

#include "interrupts/msi.h"

#include <cstdint>

namespace iommusim::software {

/// Fixed delivery, edge triggered, physical destination (Intel SDM volume 3, 11.11): the form that Linux uses
/// without interrupt remapping.
interrupts::MsiMessage msi_message(std::uint8_t apic_id, std::uint8_t vector);

}  // namespace iommusim::software
