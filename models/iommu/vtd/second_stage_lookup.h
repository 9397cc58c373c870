// SPDX-License-Identifier: Apache-2.0
// Second-stage translation of one request: walks that begin where the paging-structure cache knows the way.
#pragma once

#include "iommu/vtd/paging_cache_effects.h"
#include "iommu/vtd/second_stage_walk.h"

#include <cstdint>

namespace iommusim::vtd {

/// What the walk of a stage works with.
struct WalkContext {
  const TableFormat& format;
  /// Of this stage.
  const PagingStructureCache& cache;
  TableReader& tables;
  PagingCacheEffects& effects;
};

/// A cached table serves when no right is missing that the tables may have been given since.
inline bool serves(const IotlbEntry& cached, const SecondStageNeeds& needs) {
  return missing_right(needs.rights, cached.rights) == MissingRight::none &&
         (cached.rights.write || !needs.takes_write);
}

class SecondStageLookup {
 public:
  SecondStageLookup(const WalkContext& context, std::uint16_t domain, const SecondStage& stage)
      : context_{context}, domain_{domain}, stage_{stage} {}

  bool is_beyond_width(std::uint64_t address) const {
    return (address & context_.format.excess_input_bits(stage_.levels)) != 0;
  }

  /// Precondition: the address is not beyond the width.
  SecondStageResult find(std::uint64_t address, const SecondStageNeeds& needs) const {
    WalkStart start{address, stage_.table, stage_.levels, {}};
    if (!context_.cache.is_present()) return walk(start, needs, [](unsigned, PhysAddr, AccessRights) {});
    const auto slot = context_.cache.find_deepest(domain_, Iova{address}, stage_.levels);
    if (slot != PagingStructureCache::none && serves(context_.cache.value(slot), needs)) {
      const IotlbEntry& cached = context_.cache.value(slot);
      start = {address, cached.page, context_.cache.tag(slot).level() - 1, cached.rights};
      context_.effects.hit(Stage::second, slot);
    }
    return walk(start, needs, [&](unsigned level, PhysAddr table, AccessRights rights) {
      IotlbEntry entry;
      entry.page = table;
      entry.rights = rights;
      context_.effects.fill(Stage::second, IotlbTag{domain_, Iova{address}, level}, entry);
    });
  }

 private:
  template <class NoteTable>
  SecondStageResult walk(const WalkStart& start, const SecondStageNeeds& needs, NoteTable note_table) const {
    return walk_second_stage(context_.format, stage_, start, needs, context_.tables, note_table);
  }

  WalkContext context_;
  std::uint16_t domain_;
  const SecondStage& stage_;
};

}  // namespace iommusim::vtd
