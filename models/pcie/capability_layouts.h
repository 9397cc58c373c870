// SPDX-License-Identifier: Apache-2.0
// Registers of each capability, written into a configuration space at a given offset. Lists are linked by
// build_config_space(). All throw std::invalid_argument for what no hardware could be.
#pragma once

#include "pcie/config_space.h"
#include "pcie/function_config.h"

namespace iommusim::pcie {

unsigned msi_bytes(const MsiConfig& config);

void build_pci_express(const FunctionConfig& function, unsigned at, ConfigSpace& space);
void build_msi(const MsiConfig& config, unsigned at, ConfigSpace& space);
void build_msix(const MsixConfig& config, unsigned at, ConfigSpace& space);
unsigned acs_bytes(AcsCapability capability);
void build_acs(AcsCapability capability, unsigned at, ConfigSpace& space);
/// With the registers that only root ports have, and the errors that only blockers of poisoned TLPs have.
void build_error_reporting(const FunctionConfig& function, unsigned at, ConfigSpace& space);
/// Downstream Port Containment, with Poisoned TLP Egress Blocking.
void build_containment(unsigned at, ConfigSpace& space);
void build_ari(const AriConfig& config, unsigned at, ConfigSpace& space);
void build_sriov(const SriovConfig& config, unsigned at, ConfigSpace& space);
/// The registers of `bars` from offset `first` on, of which there are `count`.
void build_bars(const std::vector<BarConfig>& bars, unsigned first, unsigned count, ConfigSpace& space);

}  // namespace iommusim::pcie
