// SPDX-License-Identifier: Apache-2.0
#include "software/pci_enumeration.h"

#include "software/pci_setup.h"
#include "software/pci_sizing.h"
#include "software/sriov_setup.h"

namespace iommusim::software {
namespace {

/// The root complex takes a request into the interrupt window before it looks for a BAR: one there could not be reached
/// by devices, and below a switch it would catch their interrupts.
std::vector<Range<BusAddr>> usable_windows(const PciRoot& root) {
  if (!root.interrupt_window) return root.windows;
  std::vector<Range<BusAddr>> usable;
  for (const Range<BusAddr>& window : root.windows) {
    const auto taken = window.intersection(*root.interrupt_window);
    if (!taken) {
      usable.push_back(window);
      continue;
    }
    if (window.first < taken->first) usable.push_back({window.first, taken->first - 1});
    if (taken->last < window.last) usable.push_back({taken->last + 1, window.last});
  }
  return usable;
}

void program(const FoundFunction& found) {
  for (const FoundBar& bar : found.bars) {
    if (bar.virtual_functions == 0)
      program_bar(found.function, bar.index, bar.base);
    else
      program_vf_bar(found.function, bar.index, bar.base);
  }
  if (!found.is_bridge) return;
  program_memory_window(found.function, found.memory_window);
  program_prefetchable_window(found.function, found.prefetchable_window);
}

}  // namespace

FoundFunctions enumerate_pci(CpuBus& bus, const PciRoot& root) {
  FoundFunctions functions = scan_buses(bus, root.segment, root.buses);
  size_bars(functions);
  place_bars(functions, usable_windows(root));
  for (const FoundFunction& found : functions)
    program(found);
  // Nothing decodes before everything is in place.
  for (const FoundFunction& found : functions)
    set_memory_space(found.function, true);
  return functions;
}

}  // namespace iommusim::software
