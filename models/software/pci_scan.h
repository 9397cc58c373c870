// SPDX-License-Identifier: Apache-2.0
// First step of PCI enumeration: which functions are there, and which bus is below which bridge.
#pragma once

#include "software/cpu_bus.h"
#include "software/found_functions.h"

#include <cstdint>

namespace iommusim::software {

struct BusRange {
  std::uint8_t first = 0;
  std::uint8_t last = 0xFF;
};

/// Finds every function below a host bridge, depth first in ascending order of device and function, and numbers the
/// buses on the way: each bridge gets the next number, a physical function keeps the buses that its virtual functions
/// carry into (PCIe base specification, 9.2.1.2). Functions are left with memory decoding off. Function numbers above 7
/// are found where the port above forwards ARI (6.13). Throws EnumerationError when the buses run out.
FoundFunctions scan_buses(CpuBus& bus, std::uint16_t segment, const BusRange& buses);

}  // namespace iommusim::software
