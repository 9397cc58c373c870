// SPDX-License-Identifier: Apache-2.0
// How reports name a function of the platform.
#pragma once

#include "pcie/pci_bridge.h"
#include "platforms/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace iommusim::analysis {

/// "nic0".
inline const std::string& name_of(pcie::NodeIndex node, const platforms::Machine& machine) {
  return machine.name(machine.topology()[node].id);
}

/// "03:00.0"; with its segment, "0001:03:00.0", on a platform that has others than segment 0, as lspci prints it.
inline std::string id_text(std::uint16_t segment, RequesterId id, const platforms::Machine& machine) {
  const auto& bridges = machine.bridges();
  const bool many =
      std::any_of(bridges.begin(), bridges.end(), [](const pcie::HostBridge& bridge) { return bridge.segment != 0; });
  return many ? fmt::format("{:04x}:{}", segment, to_string(id)) : to_string(id);
}

/// Of the function itself.
inline std::string id_of(pcie::NodeIndex node, const platforms::Machine& machine) {
  return id_text(machine.topology()[node].segment, machine.topology()[node].requester, machine);
}

/// The ID that a request has where it meets the IOMMU: `sent`, or that of the bridge that sent it on.
inline std::string requester_of(pcie::NodeIndex function, RequesterId sent, const platforms::Machine& machine) {
  const pcie::Topology& topology = machine.topology();
  return id_text(topology[function].segment, pcie::requester_above(topology, function, sent), machine);
}

/// "nic0 (03:00.0)".
inline std::string label_of(pcie::NodeIndex node, const platforms::Machine& machine) {
  return fmt::format("{} ({})", name_of(node, machine), id_of(node, machine));
}

/// "nic0 (03:00.0)"; "tuner0 (02:04.0), seen as 02:00.0" for a request that reaches the IOMMU under another ID.
inline std::string sender_label(pcie::NodeIndex function, RequesterId sent, const platforms::Machine& machine) {
  const std::string seen = requester_of(function, sent, machine);
  const std::string label = label_of(function, machine);
  return seen == id_of(function, machine) ? label : fmt::format("{}, seen as {}", label, seen);
}

}  // namespace iommusim::analysis
