// SPDX-License-Identifier: Apache-2.0
// What firmware does before any operating system runs: bus numbers, bridge windows, BARs, command registers
// and ACS controls, all by configuration cycles.
#pragma once

#include "platforms/description.h"
#include "software/cpu_bus.h"

namespace iommusim::platforms {

/// Programs every function of `description`. Throws InputError when the hardware does not take what was
/// described.
void run_firmware(const Description& description, software::CpuBus& bus);

}  // namespace iommusim::platforms
