// SPDX-License-Identifier: Apache-2.0
// `firmware: assign`: bus numbers, windows and BAR bases come from PCI enumeration on the described hardware.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// Lets firmware enumerate the hardware that `bridge` describes and fills in what it chose; `local_apic` as in
/// Description: x86 firmware leaves the interrupt window free. Port numbers must be final.
/// What enumeration cannot reach (functions above 7 without ARI forwarding) keeps BARs without a base. Throws
/// InputError when the file gives what firmware is to choose, or when there are too few buses or addresses.
void enumerate(HostBridgeDescription& bridge, bool local_apic, const Source& source);

}  // namespace iommusim::platforms
