// SPDX-License-Identifier: Apache-2.0
// How reports name a function of the platform.
#pragma once

#include "platforms/machine.h"

#include <fmt/format.h>

#include <string>

namespace iommusim::analysis {

/// "nic0".
inline const std::string& name_of(pcie::NodeIndex node, const platforms::Machine& machine) {
  return machine.name(machine.topology()[node].id);
}

/// "nic0 (03:00.0)".
inline std::string label_of(pcie::NodeIndex node, const platforms::Machine& machine) {
  return fmt::format("{} ({})", name_of(node, machine), to_string(machine.topology()[node].requester));
}

}  // namespace iommusim::analysis
