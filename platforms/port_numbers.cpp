// SPDX-License-Identifier: Apache-2.0
#include "platforms/port_numbers.h"

namespace iommusim::platforms {
namespace {

void number(std::vector<FunctionDescription>& functions, const std::string& owner, const Source& source) {
  unsigned port_number = 0;
  for (FunctionDescription& function : functions) {
    const std::string path = owner + ".devices." + function.name;
    if (function.kind == FunctionKind::root_port || function.kind == FunctionKind::downstream_port) {
      ++port_number;
      if (!source.has(path + ".port_number")) function.port_number = static_cast<std::uint8_t>(port_number);
    }
    number(function.children, path, source);
  }
}

}  // namespace

void number_ports(HostBridgeDescription& bridge, const Source& source) {
  number(bridge.functions, "host_bridges." + bridge.name, source);
}

}  // namespace iommusim::platforms
