// SPDX-License-Identifier: Apache-2.0
// The hardware that a described function is: what its configuration space is built from.
#pragma once

#include "pcie/function_config.h"
#include "platforms/description.h"

#include <vector>

namespace iommusim::platforms {

pcie::PortType port_type(FunctionKind kind);

/// `on_bus` holds the function and all others on its bus: some capabilities tell of those. Of their IDs only device and
/// function numbers count, so that buses need not be numbered yet.
pcie::FunctionConfig function_config(const FunctionDescription& function,
                                     const std::vector<FunctionDescription>& on_bus);

pcie::FunctionConfig virtual_function_config(const FunctionDescription& function);

}  // namespace iommusim::platforms
