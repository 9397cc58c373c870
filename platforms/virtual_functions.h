// SPDX-License-Identifier: Apache-2.0
// The virtual functions that a platform's physical functions have.
#pragma once

#include "platforms/description.h"

#include <optional>

namespace iommusim::platforms {

/// All addresses that a VF BAR of a physical function takes, for total_vfs virtual functions. nullopt: not placed.
std::optional<Range<BusAddr>> vf_bar_range(const SriovDescription& sriov, const BarDescription& bar);

/// The last bus on which one of its total_vfs virtual functions would stand, or its own.
unsigned last_bus_of(const FunctionDescription& function);

/// Fills in FunctionDescription::virtual_functions: "NAME-vf0" and so on. Bus numbers must be final.
void expand_virtual_functions(HostBridgeDescription& bridge);

}  // namespace iommusim::platforms
