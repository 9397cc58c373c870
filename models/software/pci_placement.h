// SPDX-License-Identifier: Apache-2.0
// Third step of PCI enumeration: an address for every BAR and a window for every bridge. Computes only; nothing is
// written.
#pragma once

#include "base/range.h"
#include "software/found_functions.h"

#include <vector>

namespace iommusim::software {

/// Fills in FoundBar::base and the windows of bridges, inside `windows`: the bus addresses that the host bridge passes
/// to its root bus and that mean nothing else there.
///
/// Behind a bridge, 64-bit prefetchable BARs go into its prefetchable window and all others into its memory window,
/// which ends below 4 GiB (PCIe base specification, 7.5.1.3.8 and 7.5.1.3.9); on the root bus every 64-bit BAR goes
/// with the prefetchable windows. Those lie above 4 GiB where the host bridge reaches so far and has room. On each bus
/// the largest alignment comes first, each BAR aligned to its size, windows to their largest BAR and to 1 MiB. Address
/// 0 is never used: it is the value of a BAR that nobody has placed. A window that nothing needs stays closed.
///
/// Throws EnumerationError when something finds no room.
void place_bars(FoundFunctions& functions, const std::vector<Range<BusAddr>>& windows);

}  // namespace iommusim::software
