// SPDX-License-Identifier: Apache-2.0
// Reading and clearing a VT-d unit's fault records, as the operating system's fault handler does
// (VT-d specification, 7.3.1).
#pragma once

#include "base/address.h"
#include "base/requester_id.h"
#include "software/remapping_registers.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::software {

/// FRCD.T1 and T2.
enum class FaultedRequest : std::uint8_t { write = 0, page_request = 1, read = 2, atomic = 3 };

/// One fault record.
struct FaultReport {
  RequesterId requester;
  /// FRCD.FR.
  std::uint8_t reason = 0;
  FaultedRequest request = FaultedRequest::write;
  /// FRCD.FI: the faulting page.
  Iova page;
  std::optional<Pasid> pasid;
};

struct FaultReports {
  /// Oldest first.
  std::vector<FaultReport> records;
  /// FSTS.PFO: later faults were lost.
  bool overflow = false;
};

/// Reads every pending record and clears it, then clears the overflow.
FaultReports drain_faults(RemappingRegisters& registers);

}  // namespace iommusim::software
