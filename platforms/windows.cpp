// SPDX-License-Identifier: Apache-2.0
#include "platforms/windows.h"

#include "platforms/virtual_functions.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

using Window = std::optional<Range<BusAddr>>;

void widen(Window& window, const Range<BusAddr>& range) {
  const Range<BusAddr> whole{range.first.aligned_down(window_granule),
                             range.last.aligned_down(window_granule) + (window_granule - 1)};
  window = window ? Range<BusAddr>{std::min(window->first, whole.first), std::max(window->last, whole.last)} : whole;
}

std::vector<Range<BusAddr>> claimed_below(const FunctionDescription& port) {
  std::vector<Range<BusAddr>> claimed;
  for (const FunctionDescription& child : port.children) {
    for (const BarDescription& bar : child.bars)
      if (const auto range = bar_range(bar)) claimed.push_back(*range);
    if (child.sriov)
      for (const BarDescription& bar : child.sriov->vf_bars)
        if (const auto range = vf_bar_range(*child.sriov, bar)) claimed.push_back(*range);
    if (child.window) claimed.push_back(*child.window);
    if (child.prefetchable_window) claimed.push_back(*child.prefetchable_window);
  }
  return claimed;
}

void derive(std::vector<FunctionDescription>& functions, const std::string& owner, const Source& source) {
  for (FunctionDescription& port : functions) {
    const std::string path = owner + ".devices." + port.name;
    derive(port.children, path, source);
    const bool given = source.has(path + ".window");
    const bool prefetchable_given = source.has(path + ".prefetchable_window");
    const Window window = port.window;
    const Window prefetchable = port.prefetchable_window;
    for (const Range<BusAddr>& range : claimed_below(port)) {
      const bool held = (window && window->contains(range)) || (prefetchable && prefetchable->contains(range));
      if (held) continue;
      const bool low = range.first.value() < memory_window_end;
      if (low && !given) widen(port.window, range);
      if (!low && !prefetchable_given) widen(port.prefetchable_window, range);
    }
  }
}

}  // namespace

std::optional<Range<BusAddr>> bar_range(const BarDescription& bar) {
  return bar.base ? Range<BusAddr>::from_size(*bar.base, bar.size) : std::nullopt;
}

Range<BusAddr> bus_range(const pcie::OutboundWindow& window) {
  const BusAddr first{window.cpu.first.value() - window.offset};
  return {first, first + (window.cpu.last - window.cpu.first)};
}

std::optional<PhysAddr> cpu_address(const std::vector<pcie::OutboundWindow>& windows, BusAddr address) {
  for (const pcie::OutboundWindow& window : windows)
    if (bus_range(window).contains(address)) return PhysAddr{address.value() + window.offset};
  return std::nullopt;
}

void derive_windows(HostBridgeDescription& bridge, const Source& source) {
  derive(bridge.functions, "host_bridges." + bridge.name, source);
}

}  // namespace iommusim::platforms
