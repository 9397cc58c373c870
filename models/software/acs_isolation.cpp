// SPDX-License-Identifier: Apache-2.0
#include "software/acs_isolation.h"

#include "pcie/header.h"
#include "pcie/pci_express_capability.h"

namespace iommusim::software {
namespace {

using pcie::AcsCapability;
using pcie::AcsControl;

/// Without the capability there is nothing to rely on.
bool controls(const PciFunction& function, AcsControl services) {
  const auto offset = function.find(pcie::ExtendedCapabilityId::access_control_services);
  if (!offset) return false;
  const auto capability = function.get<AcsCapability>(*offset + pcie::acs::capability);
  const auto control = function.get<AcsControl>(*offset + pcie::acs::control);
  const std::uint64_t believed = capability.raw() | AcsControl::P2pEgressControl::mask;
  const std::uint64_t needed = services.raw() & believed;
  return (control.raw() & needed) == needed;
}

}  // namespace

std::optional<unsigned> port_type(const PciFunction& function) {
  const auto offset = function.find(pcie::CapabilityId::pci_express);
  if (!offset) return std::nullopt;
  const auto capabilities = function.get<pcie::PciExpressCapabilities>(*offset + pcie::pci_express::capabilities);
  return static_cast<unsigned>(capabilities.get<pcie::PciExpressCapabilities::DevicePortType>());
}

bool is_multi_function(const PciFunction& function) {
  if (function.id().function() != 0) return true;
  const pcie::HeaderType type{function.read(pcie::header::header_type, 1)};
  return type.get<pcie::HeaderType::MultiFunction>() != 0;
}

AcsControl isolating_services() {
  AcsControl services;
  services.set<AcsControl::SourceValidation>(1);
  services.set<AcsControl::P2pRequestRedirect>(1);
  services.set<AcsControl::P2pCompletionRedirect>(1);
  services.set<AcsControl::UpstreamForwarding>(1);
  return services;
}

bool isolates(const PciFunction& function, AcsControl services) {
  const std::optional<unsigned> type = port_type(function);
  if (!type) return false;
  switch (*type) {
    case device_port_type::pci_express_to_pci_bridge:
    case device_port_type::pci_to_pci_express_bridge:
    case device_port_type::event_collector: return false;
    case device_port_type::root_port:
    case device_port_type::downstream_port: return controls(function, services);
    // Only the functions of one device could reach one another.
    default: return !is_multi_function(function) || controls(function, services);
  }
}

bool path_isolates(const PciHierarchy& devices, std::size_t index, AcsControl services) {
  for (std::optional<std::size_t> at = index; at; at = devices[*at].bridge)
    if (!isolates(devices[*at].function, services)) return false;
  return true;
}

}  // namespace iommusim::software
