// SPDX-License-Identifier: Apache-2.0
// From a requester to its domain: root entry, context entry, and whether they may be used (VT-d
// specification, 3.4.2).
#pragma once

#include "base/address.h"
#include "base/requester_id.h"
#include "iommu/vtd/context_entry.h"
#include "iommu/vtd/fault_reasons.h"
#include "iommu/vtd/table_format.h"
#include "iommu/vtd/table_reader.h"

#include <cstdint>

namespace iommusim::vtd {

/// What the unit knows of a requester. With a fault, only `fpd` means something beside it.
struct Context {
  PhysAddr second_stage_table;
  std::uint16_t domain = 0;
  FaultReason fault = FaultReason::none;
  TranslationType type = TranslationType::second_stage;
  std::uint8_t levels = 0;
  /// FPD of the context entry, once it was read.
  bool fpd = false;
};

/// Each step in the order of the specification: access error, not present, reserved bits, then invalid
/// programming.
Context look_up_context(const TableFormat& format, PhysAddr root_table, RequesterId requester, TableReader& tables);

}  // namespace iommusim::vtd
