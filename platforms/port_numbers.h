// SPDX-License-Identifier: Apache-2.0
// The port numbers that hardware has in its Link Capabilities.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// Fills in port_number where the file does not give it: 1, 2, ... among the siblings that face down.
void number_ports(HostBridgeDescription& bridge, const Source& source);

}  // namespace iommusim::platforms
