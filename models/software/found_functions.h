// SPDX-License-Identifier: Apache-2.0
// What PCI enumeration knows of the functions below a host bridge: filled in step by step by scan, sizing and
// placement.
#pragma once

#include "base/range.h"
#include "software/pci_function.h"
#include "software/pci_setup.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::software {

/// A memory BAR, or the VF BAR of a physical function, which holds one equal slice for each virtual function.
struct FoundBar {
  unsigned index = 0;
  BarFacts facts;
  /// Virtual functions that share it; 0: a BAR of the function itself.
  unsigned virtual_functions = 0;
  BusAddr base;
};

struct FoundFunction {
  PciFunction function;
  /// Index of the bridge on whose secondary bus it is. nullopt: it is on the root bus.
  std::optional<std::size_t> bridge;
  bool is_bridge = false;
  std::vector<FoundBar> bars = {};

  // Bridges only.
  BusNumbers buses = {};
  /// The prefetchable window has 64 address bits; otherwise firmware leaves it closed.
  bool has_wide_window = false;
  std::optional<Range<BusAddr>> memory_window = {};
  std::optional<Range<BusAddr>> prefetchable_window = {};
};

/// A bridge comes before everything below it.
using FoundFunctions = std::vector<FoundFunction>;

}  // namespace iommusim::software
