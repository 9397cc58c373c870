// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/second_stage_walk.h"

namespace iommusim::vtd {

WalkResult walk_second_stage(const TableFormat& format, const WalkStart& start, Iova address, NeededRights needed,
                             TableReader& tables) {
  WalkResult result;
  result.rights = start.rights;
  PhysAddr table = start.table;
  for (unsigned level = start.level;; --level) {
    SecondStageEntry entry;
    result.level = level;
    if (!tables.read(entry_name(level), table + 8 * table_index(address.value(), level), entry)) {
      const bool at_top = level == start.top_level;
      result.fault = at_top ? FaultReason::context_entry_invalid : FaultReason::paging_entry_access_error;
      return result;
    }

    result.rights.restrict_to(entry);
    result.fault = missing_right(needed, result.rights);
    if (result.fault != FaultReason::none) {
      result.nothing_permitted = !entry.get<SecondStageEntry::R>() && !entry.get<SecondStageEntry::W>();
      return result;
    }

    const bool leaf = format.is_leaf(level, entry);
    if ((entry.raw() & format.reserved_bits(level, leaf)) != 0) {
      result.fault = FaultReason::paging_entry_reserved;
      return result;
    }

    table = PhysAddr{entry.raw() & SecondStageEntry::ADDR::mask};
    if (!leaf) continue;
    result.page = table;
    return result;
  }
}

}  // namespace iommusim::vtd
