// SPDX-License-Identifier: Apache-2.0
// Carries out the settings that a trace can make (traces/settings.h), as software does: by configuration
// cycles.
#pragma once

#include "software/pci_function.h"
#include "traces/operation.h"

#include <string>

namespace iommusim::traces {

/// `name`: what messages call the function. Throws software::DriverError when it cannot take the setting.
void apply_setting(const software::PciFunction& function, const Configure& configure, const std::string& name);

}  // namespace iommusim::traces
