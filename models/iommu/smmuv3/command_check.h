// SPDX-License-Identifier: Apache-2.0
// Which commands are CERROR_ILL (SMMUv3 architecture, 4.1.3 and the description of each command).
#pragma once

#include "iommu/smmuv3/command.h"
#include "iommu/smmuv3/config.h"

namespace iommusim::smmuv3 {

/// False: a unit of this configuration stops at the command with CERROR_ILL. Reserved fields are not looked at.
bool is_legal(const Command& command, const UnitConfig& config);

}  // namespace iommusim::smmuv3
