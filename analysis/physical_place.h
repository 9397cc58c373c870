// SPDX-License-Identifier: Apache-2.0
// What is at a physical address that is neither memory nor a BAR.
#pragma once

#include "platforms/machine.h"

#include <string>

namespace iommusim::analysis {

/// "the registers of dmar0", "configuration space", "the interrupt window", "a window of pcie0 where no BAR answers",
/// "nothing".
std::string place_without_memory(PhysAddr address, const platforms::Machine& machine);

}  // namespace iommusim::analysis
