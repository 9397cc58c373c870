// SPDX-License-Identifier: Apache-2.0
// From a PASID to its tables: PASID directory, PASID table, and whether they may be used (VT-d specification, 3.4.3).
#pragma once

#include "base/address.h"
#include "base/requester_id.h"
#include "iommu/vtd/fault_reasons.h"
#include "iommu/vtd/pasid_entry.h"
#include "iommu/vtd/table_format.h"
#include "iommu/vtd/table_reader.h"

#include <cstdint>

namespace iommusim::vtd {

/// What the unit knows of a PASID of a requester. With a fault, only `fpd` means something beside it.
struct PasidContext {
  /// A guest-physical address when nested.
  std::uint64_t first_stage_table = 0;
  PhysAddr second_stage_table;
  std::uint16_t domain = 0;
  FaultReason fault = FaultReason::none;
  Pgtt type = Pgtt::pass_through;
  std::uint8_t first_stage_levels = 0;
  std::uint8_t second_stage_levels = 0;
  /// FPD of the directory entry or of the table entry, of those that were read.
  bool fpd = false;
  /// The fields of the same name.
  bool supervisor_requests = false;
  bool execute_requests = false;
  bool write_protect = false;
  bool no_execute = false;
  bool smep = false;
  bool extended_accessed = false;
  bool second_stage_execute = false;
  bool second_stage_access_dirty = false;
  bool snooped_walk = false;
  bool snooped_page = false;
};

/// Where the search for a PASID begins.
struct PasidQuery {
  const TableFormat& format;
  PhysAddr directory;
  /// Within the directory.
  Pasid pasid;
};

/// Makes `context` what the tables say. Each step in the order of the specification: access error, not present,
/// reserved bits, then invalid programming.
void look_up_pasid(const PasidQuery& query, TableReader& tables, PasidContext& context);

}  // namespace iommusim::vtd
