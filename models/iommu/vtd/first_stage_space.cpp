// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/first_stage_space.h"

#include "iommu/vtd/read_table.h"
#include "iommu/vtd/scalable_translation.h"
#include "iommu/vtd/second_stage_space.h"

#include <algorithm>

namespace iommusim::vtd {

FirstStageSpace::FirstStageSpace(const DecisionInputs& unit, const PasidContext& pasid, bool privileged,
                                 iommu::MappedPieces& pieces)
    : unit_{unit}, pasid_{pasid}, privileged_{privileged}, pieces_{pieces}, second_stage_{second_stage_of(pasid)} {}

void FirstStageSpace::table(std::uint64_t address, unsigned level, Iova base, FirstStageRights rights) {
  const auto holder = place(address).host;
  const bool at_top = level == pasid_.first_stage_levels;
  if (!holder || !holder->rights.read) {
    if (!at_top) pieces_.border(base, page_size(level + 1));
    return;
  }
  const auto entries = read_table<FirstStageEntry>(unit_.bus, holder->address);
  for (std::size_t i = 0; i < entries.size() && pieces_.complete(); ++i) {
    const Iova first = canonical(base.value() + i * page_size(level));
    if (entries[i].has_value())
      entry(*entries[i], level, first, rights, *holder);
    else
      pieces_.border(first, page_size(level));
  }
}

void FirstStageSpace::entry(FirstStageEntry entry, unsigned level, Iova first, FirstStageRights rights,
                            const HostPlace& holder) {
  if (!entry.get<FirstStageEntry::P>()) return;
  rights.restrict_to(entry);
  const bool is_leaf = unit_.format.is_leaf(level, entry);
  std::uint64_t reserved = unit_.format.first_stage_reserved_bits(level, is_leaf);
  if (!pasid_.no_execute) reserved |= FirstStageEntry::XD::mask;
  const bool can_update = pasid_.snooped_walk && holder.rights.write;
  const std::uint64_t accessed = FirstStageEntry::A::mask | (pasid_.extended_accessed ? FirstStageEntry::EA::mask : 0);
  const bool lacks_accessed = (accessed & ~entry.raw()) != 0;
  if ((!privileged_ && !rights.user) || (entry.raw() & reserved) != 0 || (lacks_accessed && !can_update))
    return pieces_.border(first, page_size(level));
  const std::uint64_t target = entry.raw() & FirstStageEntry::ADDR::mask;
  if (!is_leaf) {
    // Rights that were lost on the way end the walk above the leaf.
    pieces_.border(first, page_size(level));
    return table(target, level - 1, first, rights);
  }
  const bool writable = may_write(rights, privileged_, pasid_) && (entry.get<FirstStageEntry::D>() || can_update);
  leaf(target & ~(page_size(level) - 1), level, first, {true, writable, true});
}

/// Piece by piece of the second stage.
void FirstStageSpace::leaf(std::uint64_t page, unsigned level, Iova first, AccessRights rights) {
  for (std::uint64_t done = 0; done < page_size(level) && pieces_.complete();) {
    const auto [host, left] = place(page + done);
    const std::uint64_t size = std::min(left, page_size(level) - done);
    const Iova begin = first + done;
    if (host && host->rights.any())
      pieces_.map({{begin, begin + (size - 1)},
                   host->address,
                   rights.read && host->rights.read,
                   rights.write && host->rights.write});
    else
      pieces_.miss();
    done += size;
  }
}

FirstStageSpace::Placement FirstStageSpace::place(std::uint64_t address) const {
  constexpr std::uint64_t everything = ~std::uint64_t{0};
  if (pasid_.type != Pgtt::nested) return {HostPlace{PhysAddr{address}, {}, true}, everything};
  // A page of the first stage lies on one side of the second stage's width.
  if ((address & unit_.format.excess_input_bits(second_stage_.levels)) != 0) return {std::nullopt, everything};
  iommu::FetchLog fetches;
  TableReader tables{unit_.bus, fetches};
  const WalkStart start{address, second_stage_.table, second_stage_.levels, {}};
  const SecondStageResult found =
      walk_second_stage(unit_.format, second_stage_, start, {}, tables, [](unsigned, PhysAddr, AccessRights) {});
  const std::uint64_t offset = address & (page_size(found.level) - 1);
  const std::uint64_t left = page_size(found.level) - offset;
  if (found.fault != SecondStageFault::none) return {std::nullopt, left};
  HostPlace host{found.page + offset, found.rights, found.dirty};
  // A dirty bit that cannot be set keeps writes out.
  if (second_stage_.sets_accessed && !second_stage_.is_snooped && !found.dirty) host.rights.write = false;
  return {host, left};
}

/// First-stage addresses repeat their highest bit.
Iova FirstStageSpace::canonical(std::uint64_t address) const {
  const unsigned top = input_width(pasid_.first_stage_levels) - 1;
  const bool is_negative = (address >> top & 1) != 0;
  return Iova{is_negative ? address | ~std::uint64_t{0} << top : address};
}

}  // namespace iommusim::vtd
