// SPDX-License-Identifier: Apache-2.0
#include "platforms/power_on_bus.h"

#include "pcie/capability_list.h"
#include "pcie/function_builder.h"
#include "platforms/function_config.h"

#include <algorithm>
#include <utility>

namespace iommusim::platforms {
namespace {

void forward_ari(pcie::ConfigSpace& port) {
  const auto capability = pcie::find_capability(pcie::reader_of(port), pcie::CapabilityId::pci_express);
  pcie::DeviceControl2 control;
  control.set<pcie::DeviceControl2::AriForwardingEnable>(1);
  port.write(*capability + pcie::pci_express::device_control_2, 2, static_cast<std::uint32_t>(control.raw()));
}

}  // namespace

PowerOnBus::PowerOnBus(const HostBridgeDescription& bridge) : segment_{bridge.segment}, tree_{bridge.first_bus} {
  add(bridge.functions, pcie::NodeIndex::none);
}

void PowerOnBus::load(PhysAddr /*address*/, void* to, std::size_t size) {
  std::fill_n(static_cast<std::uint8_t*>(to), size, std::uint8_t{0xFF});
}

void PowerOnBus::store(PhysAddr /*address*/, const void* /*from*/, std::size_t /*size*/) {}

std::uint32_t PowerOnBus::config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) {
  if (segment != segment_) return width == 1 ? 0xFF : width == 2 ? 0xFFFF : 0xFFFF'FFFF;
  return tree_.read(function, offset, width);
}

void PowerOnBus::config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                              std::uint32_t value) {
  if (segment == segment_) tree_.write(function, offset, width, value);
}

void PowerOnBus::add(const std::vector<FunctionDescription>& functions, pcie::NodeIndex parent) {
  for (const FunctionDescription& function : functions) {
    pcie::ConfigSpace config = pcie::build_config_space(function_config(function, functions));
    if (function.ari_forwarding) forward_ari(config);
    const pcie::NodeIndex index = tree_.add(port_type(function.kind), parent, function.id.devfn(), std::move(config));
    add(function.children, index);
  }
}

}  // namespace iommusim::platforms
