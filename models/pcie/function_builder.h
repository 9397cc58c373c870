// SPDX-License-Identifier: Apache-2.0
// Lays out a function's configuration space: header, capabilities from 0x40, extended capabilities from
// 0x100.
#pragma once

#include "pcie/config_space.h"
#include "pcie/function_config.h"

namespace iommusim::pcie {

/// The state after power-on: nothing is enabled, BARs and bus numbers are 0, bridge windows are closed.
/// Firmware programs the rest by configuration writes. Throws std::invalid_argument for what no hardware
/// could be.
ConfigSpace build_config_space(const FunctionConfig& function);

}  // namespace iommusim::pcie
