// SPDX-License-Identifier: Apache-2.0
#include "software/dma_aliases.h"

#include "pcie/header.h"
#include "software/acs_isolation.h"

namespace iommusim::software {
namespace {

/// The ID that a bridge gives to requests from its secondary bus, if it takes them over.
std::optional<RequesterId> id_given_by(const PciFunction& bridge) {
  const std::optional<unsigned> type = port_type(bridge);
  if (!type || *type == device_port_type::pci_to_pci_express_bridge) return bridge.id();
  if (*type != device_port_type::pci_express_to_pci_bridge) return std::nullopt;
  return RequesterId{static_cast<std::uint8_t>(bridge.read(pcie::header::secondary_bus, 1)), 0, 0};
}

}  // namespace

std::vector<DmaAlias> dma_aliases(const PciHierarchy& devices, std::size_t index) {
  const PciDevice& device = devices[index];
  const RequesterId own = device.function.id();
  std::vector<DmaAlias> aliases{{own, index}};
  for (const std::uint8_t devfn : device.alias_devfns)
    aliases.push_back({RequesterId{static_cast<std::uint16_t>(own.bus() << 8 | devfn)}, index});
  for (std::optional<std::size_t> above = device.bridge; above; above = devices[*above].bridge)
    if (const auto id = id_given_by(devices[*above].function)) aliases.push_back({*id, *above});
  return aliases;
}

}  // namespace iommusim::software
