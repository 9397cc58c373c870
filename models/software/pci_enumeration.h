// SPDX-License-Identifier: Apache-2.0
// PCI enumeration as firmware does it: bus numbers, bridge windows and BARs of everything below one host bridge,
// through configuration cycles only.
#pragma once

#include "base/range.h"
#include "software/pci_placement.h"
#include "software/pci_scan.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::software {

/// What firmware knows of a host bridge without asking it.
struct PciRoot {
  std::uint16_t segment = 0;
  BusRange buses;
  /// Bus addresses that reach the root bus; disjoint.
  std::vector<Range<BusAddr>> windows;
  /// What the host takes from the bus for interrupts (x86): nothing is placed there, whatever a window says.
  std::optional<Range<BusAddr>> interrupt_window = std::nullopt;
};

/// Scans, sizes, places and programs. Afterwards every function that was found decodes memory; bus mastering is left as
/// it was. Throws EnumerationError when buses or addresses run out, DriverError when hardware does not take a value;
/// then some functions are not programmed.
FoundFunctions enumerate_pci(CpuBus& bus, const PciRoot& root);

}  // namespace iommusim::software
