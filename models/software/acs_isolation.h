// SPDX-License-Identifier: Apache-2.0
// When Linux believes that a function cannot be reached around the IOMMU. This is what its PCI and IOMMU code concludes
// from configuration space; what hardware does is decided in models/pcie.
#pragma once

#include "pcie/acs.h"
#include "software/pci_function.h"
#include "software/pci_hierarchy.h"

#include <optional>

namespace iommusim::software {

/// Device/Port Type as its register says it: also types that no model builds. nullopt: no PCI Express capability.
std::optional<unsigned> port_type(const PciFunction& function);

/// Device/Port Types that matter to Linux's rules (PCIe base specification, 7.5.3.2).
namespace device_port_type {
constexpr unsigned root_port = 4;
constexpr unsigned upstream_port = 5;
constexpr unsigned downstream_port = 6;
constexpr unsigned pci_express_to_pci_bridge = 7;
constexpr unsigned pci_to_pci_express_bridge = 8;
constexpr unsigned event_collector = 10;
}  // namespace device_port_type

/// Function 0 says it of itself; a function with another number is proof enough.
bool is_multi_function(const PciFunction& function);

/// What a group's border must have: Source Validation, P2P Request and Completion Redirect, Upstream Forwarding.
pcie::AcsControl isolating_services();

/// The function isolates as far as `services` go. A service that the capability lacks counts as in force, because there
/// is no such path to control; P2P Egress Control never does.
bool isolates(const PciFunction& function, pcie::AcsControl services);

/// isolates() for the device at `index` and for every bridge above it.
bool path_isolates(const PciHierarchy& devices, std::size_t index, pcie::AcsControl services);

}  // namespace iommusim::software
