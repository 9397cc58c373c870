// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/second_stage_space.h"

#include "iommu/vtd/read_table.h"

namespace iommusim::vtd {

bool is_usable(const SecondStage& stage, SecondStageEntry entry, bool leaf, AccessRights& rights) {
  if (leaf && !can_be_dirty(stage, entry)) rights.write = false;
  return !stage.sets_accessed || stage.is_snooped || entry.get<SecondStageEntry::A>();
}

void SecondStageSpace::table(PhysAddr address, unsigned level, Iova base, AccessRights rights) {
  const auto entries = read_table<SecondStageEntry>(unit_.bus, address);
  for (std::size_t i = 0; i < entries.size() && pieces_.complete(); ++i) {
    const Iova first = base + i * page_size(level);
    if (entries[i].has_value())
      entry(*entries[i], level, first, rights);
    else
      pieces_.border(first, page_size(level));
  }
}

void SecondStageSpace::entry(SecondStageEntry entry, unsigned level, Iova first, AccessRights rights) {
  rights.restrict_to(entry, stage_.counts_execute);
  if (!rights.any()) return;
  const bool leaf = unit_.format.is_leaf(level, entry);
  const bool is_reserved = (entry.raw() & unit_.format.reserved_bits(level, leaf)) != 0;
  if (is_reserved || !is_usable(stage_, entry, leaf, rights)) return pieces_.border(first, page_size(level));
  const PhysAddr target{entry.raw() & SecondStageEntry::ADDR::mask};
  if (leaf) return pieces_.map({{first, first + (page_size(level) - 1)}, target, rights.read, rights.write});
  // Rights that were lost on the way end the walk above the leaf.
  pieces_.border(first, page_size(level));
  table(target, level - 1, first, rights);
}

}  // namespace iommusim::vtd
