// SPDX-License-Identifier: Apache-2.0
// Bus, device and function of every function, and the bus ranges of the ports.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// Fills in id.bus(), secondary_bus and subordinate_bus where the file does not give them: depth first in the order of
/// the file, as firmware does. Throws InputError when the buses run out, or when what
/// the file gives does not fit.
void number_buses(HostBridgeDescription& bridge, const Source& source);

}  // namespace iommusim::platforms
