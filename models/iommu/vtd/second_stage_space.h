// SPDX-License-Identifier: Apache-2.0
// What second-stage tables map, all of it.
#pragma once

#include "iommu/mapped_pieces.h"
#include "iommu/vtd/second_stage_walk.h"
#include "iommu/vtd/translate.h"

namespace iommusim::vtd {

/// Goes through the tables in the order of their input addresses; what is not present costs one look at its entry.
class SecondStageSpace {
 public:
  SecondStageSpace(const DecisionInputs& unit, const SecondStage& stage, iommu::MappedPieces& pieces)
      : unit_{unit}, stage_{stage}, pieces_{pieces} {}

  void run() { table(stage_.table, stage_.levels, Iova{0}, {}); }

 private:
  void table(PhysAddr address, unsigned level, Iova base, AccessRights rights);
  void entry(SecondStageEntry entry, unsigned level, Iova first, AccessRights rights);

  const DecisionInputs& unit_;
  const SecondStage& stage_;
  iommu::MappedPieces& pieces_;
};

/// Setting accessed and dirty bits needs snooped walks. Without, what lacks A cannot be used, and what lacks D cannot
/// be written.
bool is_usable(const SecondStage& stage, SecondStageEntry entry, bool leaf, AccessRights& rights);

}  // namespace iommusim::vtd
