// SPDX-License-Identifier: Apache-2.0
// How software turns virtual functions on (PCIe base specification, 9.2 and 9.3.3), and what else it writes for
// devices with many functions: ARI and egress control. Every function throws DriverError for what the hardware does
// not take.
#pragma once

#include "pcie/acs.h"
#include "pcie/virtual_function.h"
#include "software/pci_function.h"
#include "software/pci_setup.h"

#include <cstdint>
#include <optional>

namespace iommusim::software {

/// What a physical function says of its virtual functions.
struct VfFacts {
  std::uint16_t total_vfs = 0;
  pcie::VfPlacement placement;
};
/// nullopt: no SR-IOV capability.
std::optional<VfFacts> vf_facts(const PciFunction& physical);

/// Sizes a VF BAR by writing all-ones while VF Memory Space Enable is off; everything is restored. The size is that of
/// one virtual function. nullopt: no such VF BAR.
std::optional<BarFacts> probe_vf_bar(const PciFunction& physical, unsigned index);

/// Writes the address of virtual function 1's slice (both halves of a 64-bit BAR) and reads it back.
void program_vf_bar(const PciFunction& physical, unsigned index, BusAddr base);

/// VF BARs must be programmed. `ari_hierarchy`: the port above forwards ARI.
void enable_virtual_functions(const PciFunction& physical, std::uint16_t count, bool ari_hierarchy);

/// The function answers configuration cycles. A virtual function has no vendor ID to tell by.
bool answers(const PciFunction& function);

/// Device Control 2 of a port: function numbers above 7 can be reached below it.
void set_ari_forwarding(const PciFunction& port, bool enable);

/// ARI Control. `enable_groups`: this is function 0, and egress control vectors mean groups from now on.
void set_function_group(const PciFunction& function, unsigned group, bool enable_groups);

/// Writes the Egress Control Vector and reads it back.
void set_egress_control(const PciFunction& function, const pcie::EgressControlVector& blocked);

}  // namespace iommusim::software
