// SPDX-License-Identifier: Apache-2.0
// What is at a physical address.
#pragma once

#include "platforms/machine.h"

#include <string>

namespace iommusim::analysis {

/// "guest-ram + 0x1000": the buffer that holds the address; "reserved for firmware of nic0". Empty: memory like any
/// other.
std::string whose_memory(PhysAddr address, const platforms::Machine& machine);

/// Of an address that is neither memory nor a BAR: "the registers of dmar0", "configuration space", "the interrupt
/// window", "a window of pcie0 where no BAR answers", "nothing".
std::string place_without_memory(PhysAddr address, const platforms::Machine& machine);

}  // namespace iommusim::analysis
