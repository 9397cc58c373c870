// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/validate.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

namespace iommusim::platforms {
namespace {

void check_device_number(const FunctionPlace& place, const Source& source) {
  const FunctionDescription& function = *place.function;
  const bool on_link = place.parent != nullptr && place.parent->kind != FunctionKind::upstream_port &&
                       place.parent->kind != FunctionKind::pcie_pci_bridge;
  // With ARI the device number is part of the function number.
  if (on_link && function.id.device() != 0 && !function.ari)
    source.fail(place.path + ".at", fmt::format("device {:02x} below a link", function.id.device()),
                "device 00, with functions 0 to 7");
}

/// Enumeration looks for the others only after it has seen function 0.
void check_function_0(const FunctionPlace& place, const Source& source,
                      const std::map<RequesterId, std::string>& seen) {
  const RequesterId id = place.function->id;
  const auto device = place.function->ari ? std::uint8_t{0} : id.device();
  if (seen.count(RequesterId{id.bus(), device, 0}) == 0)
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

/// PCIe base specification, 6.12.1.3: functions of a device with one function have no ACS, unless it is capable of
/// SR-IOV.
void check_acs(const std::vector<FunctionPlace>& functions, const Source& source) {
  std::map<std::pair<const HostBridgeDescription*, std::pair<const FunctionDescription*, unsigned>>, unsigned> count;
  const auto device = [](const FunctionPlace& place) {
    const bool one_device = place.parent != nullptr;
    return std::pair{place.bridge, std::pair{place.parent, one_device ? 0U : place.function->id.device()}};
  };
  for (const FunctionPlace& place : functions)
    ++count[device(place)];
  for (const FunctionPlace& place : functions) {
    const FunctionDescription& function = *place.function;
    const bool endpoint =
        function.kind == FunctionKind::endpoint || function.kind == FunctionKind::root_complex_endpoint;
    if (endpoint && function.acs && !function.sriov && count[device(place)] == 1)
      source.fail(place.path + ".acs", "ACS on the only function of a device",
                  "it on devices with several functions or with sriov");
  }
}

/// Port numbers tell the ports of one component apart (PCIe base specification, 7.5.3.6), and bits of Egress Control
/// Vectors go by them.
void check_port_numbers(const std::vector<FunctionDescription>& siblings, const std::string& owner,
                        const Source& source) {
  std::map<unsigned, const FunctionDescription*> seen;
  for (const FunctionDescription& port : siblings) {
    const std::string path = owner + ".devices." + port.name;
    check_port_numbers(port.children, path, source);
    if (port.kind != FunctionKind::root_port && port.kind != FunctionKind::downstream_port) continue;
    const auto [other, added] = seen.emplace(port.port_number, &port);
    if (added) continue;
    // What stands in the file is at fault, not what follows from the order of the ports.
    const bool given = source.has(path + ".port_number");
    const std::string culprit = given ? path : owner + ".devices." + other->second->name;
    source.fail(culprit + ".port_number",
                std::to_string(port.port_number) + ", which '" + (given ? other->second->name : port.name) + "' has",
                "a port number of its own");
  }
}

/// A pair leads from a node of the bridge's own root bus to a node of a root bus of the same segment.
void check_peer_pairs(const HostBridgeDescription& bridge, const std::vector<FunctionPlace>& functions,
                      const Source& source) {
  const auto check = [&](const std::string& name, const std::string& path, bool own) {
    const FunctionPlace* place = find_function(functions, name);
    const bool fits = place != nullptr && place->parent == nullptr && place->bridge->segment == bridge.segment &&
                      (!own || place->bridge == &bridge);
    if (!fits)
      source.fail(path, "'" + name + "'",
                  own ? "a device on the root bus of '" + bridge.name + "'" : "a device on a root bus of its segment");
  };
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t i = 0; i < bridge.peer_pairs.size(); ++i) {
    const std::string path = item_path("host_bridges", bridge.name) + ".peer_to_peer.pairs." + std::to_string(i);
    check(bridge.peer_pairs[i].from, path + ".from", true);
    check(bridge.peer_pairs[i].to, path + ".to", false);
    if (!seen.emplace(bridge.peer_pairs[i].from, bridge.peer_pairs[i].to).second)
      source.fail(path,
                  "the pair '" + bridge.peer_pairs[i].from + "' to '" + bridge.peer_pairs[i].to + "' a second time",
                  "every pair once");
  }
}

}  // namespace

void validate_topology(const Description& description, const Source& source) {
  check_bridge_buses(description, source);
  const std::vector<FunctionPlace> functions = all_functions(description);
  for (const HostBridgeDescription& bridge : description.host_bridges) {
    check_peer_pairs(bridge, functions, source);
    check_port_numbers(bridge.functions, item_path("host_bridges", bridge.name), source);
  }
  std::map<std::uint16_t, std::map<RequesterId, std::string>> segments;
  for (const FunctionPlace& place : functions) {
    const FunctionKind kind = place.function->kind;
    if (kind == FunctionKind::virtual_function) continue;
    check_device_number(place, source);
    const auto [other, added] = segments[place.bridge->segment].emplace(place.function->id, place.function->name);
    if (!added)
      source.fail(place.path + ".at", to_string(place.function->id) + ", which '" + other->second + "' has",
                  "a device and function of its own");
  }
  for (const FunctionPlace& place : functions)
    if (place.function->kind != FunctionKind::virtual_function)
      check_function_0(place, source, segments[place.bridge->segment]);
  check_acs(functions, source);
}

}  // namespace iommusim::platforms
