// SPDX-License-Identifier: Apache-2.0
// The functions that an operating system has found, with the bridge above each: what IOMMU groups are formed from.
// Everything else about a function is read from its configuration space.
#pragma once

#include "software/pci_function.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::software {

struct PciDevice {
  PciFunction function;
  std::uint16_t segment = 0;
  /// Index of the bridge or port whose secondary bus this function is on. nullopt: it is on a root bus.
  std::optional<std::size_t> bridge;
  /// Device and function numbers on its own bus that its requests may carry as well (DMA alias quirks).
  std::vector<std::uint8_t> alias_devfns;
};

/// In the order in which they were found: a bridge comes before what is below it.
using PciHierarchy = std::vector<PciDevice>;

inline bool same_bus(const PciDevice& a, const PciDevice& b) {
  return a.segment == b.segment && a.function.id().bus() == b.function.id().bus();
}

inline bool same_slot(const PciDevice& a, const PciDevice& b) {
  return same_bus(a, b) && a.function.id().device() == b.function.id().device();
}

}  // namespace iommusim::software
