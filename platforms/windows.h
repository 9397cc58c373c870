// SPDX-License-Identifier: Apache-2.0
// The address windows of ports, as firmware would open them.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// Granularity of both windows (PCIe base specification, 7.5.1.3.8).
constexpr std::uint64_t window_granule = std::uint64_t{1} << 20;
/// The memory window has 32 address bits; the prefetchable window has 64.
constexpr std::uint64_t memory_window_end = std::uint64_t{1} << 32;

/// The addresses of a BAR that firmware has placed.
std::optional<Range<BusAddr>> bar_range(const BarDescription& bar);

/// The bus addresses that an outbound window reaches.
Range<BusAddr> bus_range(const pcie::OutboundWindow& window);

/// Where the processor reaches `address`; nullopt: nowhere.
std::optional<PhysAddr> cpu_address(const std::vector<pcie::OutboundWindow>& windows, BusAddr address);

/// Fills in the windows that the file does not give: the smallest that hold every BAR and window below, the
/// memory window for what lies below 4 GiB and the prefetchable window for the rest.
void derive_windows(HostBridgeDescription& bridge, const Source& source);

}  // namespace iommusim::platforms
