// SPDX-License-Identifier: Apache-2.0
// Reading and clearing a VT-d unit's fault records, as the operating system's fault handler does
// (VT-d specification, 7.3.1).
#pragma once

#include "software/fault_report.h"
#include "software/remapping_registers.h"

namespace iommusim::software {

/// Reads every pending record and clears it, then clears the overflow.
FaultReports drain_faults(RemappingRegisters& registers);

}  // namespace iommusim::software
