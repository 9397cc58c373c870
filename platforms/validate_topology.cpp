// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/readers.h"
#include "platforms/validate.h"

#include <fmt/format.h>

#include <map>

namespace iommusim::platforms {
namespace {

/// A root bus holds root ports and integrated endpoints, the inside of a switch downstream ports, a link one
/// device.
bool may_stand_below(const FunctionDescription* parent, FunctionKind kind) {
  if (parent == nullptr)
    return kind == FunctionKind::root_port || kind == FunctionKind::root_complex_endpoint ||
           kind == FunctionKind::pcie_pci_bridge;
  if (parent->kind == FunctionKind::upstream_port) return kind == FunctionKind::downstream_port;
  if (parent->kind == FunctionKind::pcie_pci_bridge) return kind == FunctionKind::pci_device;
  return kind == FunctionKind::endpoint || kind == FunctionKind::upstream_port || kind == FunctionKind::pcie_pci_bridge;
}

std::string expected_below(const FunctionDescription* parent) {
  if (parent == nullptr) return "root-port, root-complex-endpoint or pcie-pci-bridge on a root bus";
  if (parent->kind == FunctionKind::pcie_pci_bridge) return "pci-device below a pcie-pci-bridge";
  if (parent->kind == FunctionKind::upstream_port) return "downstream-port below an upstream-port";
  return "endpoint, upstream-port or pcie-pci-bridge below a " + std::string{to_string(parent->kind)};
}

void check_device_number(const FunctionPlace& place, const Source& source) {
  const FunctionDescription& function = *place.function;
  const bool on_link = place.parent != nullptr && place.parent->kind != FunctionKind::upstream_port &&
                       place.parent->kind != FunctionKind::pcie_pci_bridge;
  if (on_link && function.id.device() != 0)
    source.fail(place.path + ".at", fmt::format("device {:02x} below a link", function.id.device()),
                "device 00, with functions 0 to 7");
}

/// Enumeration looks for the others only after it has seen function 0.
void check_function_0(const FunctionPlace& place, const Source& source,
                      const std::map<RequesterId, std::string>& seen) {
  const RequesterId id = place.function->id;
  if (seen.count(RequesterId{id.bus(), id.device(), 0}) == 0)
    source.fail(place.path + ".at", "function " + std::to_string(id.function()) + " of a device without function 0",
                "a function 0 beside it");
}

void check_bridge_buses(const Description& description, const Source& source) {
  for (const HostBridgeDescription& bridge : description.host_bridges)
    for (const HostBridgeDescription& other : description.host_bridges) {
      if (&other == &bridge) break;
      if (other.segment == bridge.segment && other.first_bus <= bridge.last_bus && bridge.first_bus <= other.last_bus)
        source.fail(item_path("host_bridges", bridge.name) + ".buses",
                    fmt::format("buses 0x{:02x} to 0x{:02x}", bridge.first_bus, bridge.last_bus),
                    "none of those that '" + other.name + "' has in this segment");
    }
}

}  // namespace

void validate_topology(const Description& description, const Source& source) {
  check_bridge_buses(description, source);
  const std::vector<FunctionPlace> functions = all_functions(description);
  std::map<std::uint16_t, std::map<RequesterId, std::string>> segments;
  for (const FunctionPlace& place : functions) {
    const FunctionKind kind = place.function->kind;
    if (!may_stand_below(place.parent, kind))
      source.fail(place.path + ".type", "'" + std::string{to_string(kind)} + "'", expected_below(place.parent));
    check_device_number(place, source);
    const auto [other, added] = segments[place.bridge->segment].emplace(place.function->id, place.function->name);
    if (!added)
      source.fail(place.path + ".at", to_string(place.function->id) + ", which '" + other->second + "' has",
                  "a device and function of its own");
  }
  for (const FunctionPlace& place : functions)
    check_function_0(place, source, segments[place.bridge->segment]);
}

}  // namespace iommusim::platforms
