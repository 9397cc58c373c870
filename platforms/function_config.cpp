// SPDX-License-Identifier: Apache-2.0
#include "platforms/function_config.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

pcie::FunctionConfig config_of(const FunctionDescription& function, bool multi_function) {
  pcie::FunctionConfig config;
  config.type = port_type(function.kind);
  config.vendor_id = function.vendor_id;
  config.device_id = function.device_id;
  config.class_code = function.class_code;
  config.multi_function = multi_function;
  for (const BarDescription& bar : function.bars)
    config.bars.push_back({bar.index, bar.size, bar.is_64bit, bar.prefetchable});
  config.port_number = function.port_number;
  config.link_generation = function.link.generation;
  config.link_width = function.link.width;
  config.max_payload_supported = function.max_payload;
  if (function.acs) config.acs = function.acs->capability;
  config.error_reporting = function.aer;
  config.poisoned_egress_blocking = function.dpc.has_value();
  config.power_management = true;
  config.ats = function.ats;
  config.page_request = function.pri;
  config.pasid = function.pasid;
  if (function.msi) config.msi = pcie::MsiConfig{function.msi->vectors, true, function.msi->maskable};
  if (function.msix) {
    const MsixDescription& msix = *function.msix;
    config.msix = pcie::MsixConfig{msix.vectors, msix.table_bar, msix.table_offset, msix.pba_bar, msix.pba_offset};
  }
  return config;
}

pcie::SriovConfig config_of(const SriovDescription& sriov) {
  pcie::SriovConfig config;
  config.total_vfs = sriov.total_vfs;
  config.first_vf_offset = sriov.first_vf_offset;
  config.vf_stride = sriov.vf_stride;
  config.vf_device_id = sriov.vf_device_id;
  for (const BarDescription& bar : sriov.vf_bars)
    config.vf_bars.push_back({bar.index, bar.size, bar.is_64bit, bar.prefetchable});
  return config;
}

/// Capabilities that tell of the other functions of an endpoint's device.
void describe_device(const FunctionDescription& function, const std::vector<FunctionDescription>& on_bus,
                     pcie::FunctionConfig& config) {
  const std::uint8_t own = function.id.devfn();
  if (function.ari) {
    config.ari = pcie::AriConfig{0, function.ari->acs_function_groups};
    unsigned next = 256;
    for (const FunctionDescription& other : on_bus)
      if (other.ari && other.id.devfn() > own) next = std::min<unsigned>(next, other.id.devfn());
    if (next < 256) config.ari->next_function = static_cast<std::uint8_t>(next);
  }
  if (!function.sriov) return;
  config.sriov = config_of(*function.sriov);
  config.sriov->dependency_link = own;
  for (const FunctionDescription& other : on_bus)
    if (other.sriov && other.id.devfn() < own) config.sriov->lowest = false;
}

/// Function 0 says whether its device has more functions.
bool has_siblings(const FunctionDescription& function, const std::vector<FunctionDescription>& on_bus) {
  for (const FunctionDescription& other : on_bus)
    if (other.id.devfn() != function.id.devfn() && other.id.device() == function.id.device()) return true;
  return false;
}

}  // namespace

pcie::PortType port_type(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::root_port: return pcie::PortType::root_port;
    case FunctionKind::upstream_port: return pcie::PortType::upstream_port;
    case FunctionKind::downstream_port: return pcie::PortType::downstream_port;
    case FunctionKind::endpoint:
    case FunctionKind::virtual_function: return pcie::PortType::endpoint;
    case FunctionKind::io_apic:
    case FunctionKind::root_complex_endpoint: return pcie::PortType::root_complex_endpoint;
    case FunctionKind::pcie_pci_bridge: return pcie::PortType::pci_bridge;
    case FunctionKind::pci_device: return pcie::PortType::conventional;
  }
  return pcie::PortType::endpoint;
}

pcie::FunctionConfig function_config(const FunctionDescription& function,
                                     const std::vector<FunctionDescription>& on_bus) {
  pcie::FunctionConfig config = config_of(function, has_siblings(function, on_bus));
  describe_device(function, on_bus, config);
  return config;
}

pcie::FunctionConfig virtual_function_config(const FunctionDescription& function) {
  pcie::FunctionConfig config = config_of(function, false);
  config.virtual_function = true;
  config.bars.clear();
  config.ari = pcie::AriConfig{};
  return config;
}

}  // namespace iommusim::platforms
