// SPDX-License-Identifier: Apache-2.0
// The walk through second-stage tables (VT-d specification, 3.7).
#pragma once

#include "base/access.h"
#include "base/address.h"
#include "iommu/vtd/fault_reasons.h"
#include "iommu/vtd/second_stage_entry.h"
#include "iommu/vtd/table_format.h"
#include "iommu/vtd/table_reader.h"

#include <cstdint>

namespace iommusim::vtd {

/// What every entry on the way so far permits.
struct AccessRights {
  bool read = true;
  bool write = true;

  void restrict_to(SecondStageEntry entry) {
    read = read && entry.get<SecondStageEntry::R>();
    write = write && entry.get<SecondStageEntry::W>();
  }
  bool any() const { return read || write; }
};

/// What a request needs of the tables.
struct NeededRights {
  bool read = false;
  bool write = false;
  /// Either right will do: a zero-length read with CAP.ZLR.
  bool any = false;
};

/// AtomicOps need both rights; a zero-length read with CAP.ZLR any.
inline NeededRights needed_rights(Operation operation, std::uint32_t size, bool zero_length_reads) {
  if (operation == Operation::read) {
    const bool any = size == 0 && zero_length_reads;
    return {!any, false, any};
  }
  return {operation == Operation::atomic, true, false};
}

/// The reason of the refusal, or none. A missing write right is reported before a missing read right.
inline FaultReason missing_right(NeededRights needed, AccessRights granted) {
  if (needed.write && !granted.write) return FaultReason::write_not_permitted;
  if (needed.read && !granted.read) return FaultReason::read_not_permitted;
  if (needed.any && !granted.any()) return FaultReason::read_not_permitted;
  return FaultReason::none;
}

/// Where a walk begins: at the context entry's table, later also at a cached table further down.
struct WalkStart {
  PhysAddr table;
  unsigned level = 0;
  /// Levels of the whole hierarchy: an access error at the top is the context entry's fault.
  unsigned top_level = 0;
  AccessRights rights;
};

struct WalkResult {
  FaultReason fault = FaultReason::none;
  /// The entry that ended the walk permits nothing at all: with CAP.CM this may be cached for its whole span.
  bool nothing_permitted = false;
  AccessRights rights;
  /// Level of the entry that ended the walk, and without fault the page that it maps.
  unsigned level = 0;
  PhysAddr page;
};

/// At each level: fetch, permission for this request, reserved bits, then leaf or descend.
WalkResult walk_second_stage(const TableFormat& format, const WalkStart& start, Iova address, NeededRights needed,
                             TableReader& tables);

}  // namespace iommusim::vtd
