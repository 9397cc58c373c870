// SPDX-License-Identifier: Apache-2.0
// From registers to what a decision depends on.
#pragma once

#include "iommu/smmuv3/control_state.h"
#include "iommu/smmuv3/register_file.h"

namespace iommusim::smmuv3 {

/// The effective values of CR0ACK, CR2, GBPA and STRTAB_BASE*.
ControlState control_state_of(const RegisterFile& registers, const UnitConfig& config);

/// CR0.VMW: the low bits of a VMID that invalidations do not compare (6.3.9). Reserved values: none.
std::uint16_t ignored_vmid_bits(const RegisterFile& registers);

}  // namespace iommusim::smmuv3
