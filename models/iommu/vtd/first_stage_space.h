// SPDX-License-Identifier: Apache-2.0
// What first-stage tables map, all of it; when nested, as far as the second stage takes it to memory.
#pragma once

#include "iommu/mapped_pieces.h"
#include "iommu/vtd/first_stage_walk.h"
#include "iommu/vtd/translate.h"

#include <optional>

namespace iommusim::vtd {

class FirstStageSpace {
 public:
  /// `privileged`: of the requests that are asked about.
  FirstStageSpace(const DecisionInputs& unit, const PasidContext& pasid, bool privileged, iommu::MappedPieces& pieces);

  void run() { table(pasid_.first_stage_table, pasid_.first_stage_levels, Iova{0}, {}); }

 private:
  /// Where the second stage takes a guest-physical address.
  struct HostPlace {
    PhysAddr address;
    AccessRights rights;
    bool dirty = true;
  };
  /// What the second stage says of a guest-physical address.
  struct Placement {
    /// nullopt: it leads nowhere.
    std::optional<HostPlace> host;
    /// Bytes from the address to the end of the part for which the same is said.
    std::uint64_t left = 0;
  };

  void table(std::uint64_t address, unsigned level, Iova base, FirstStageRights rights);
  void entry(FirstStageEntry entry, unsigned level, Iova first, FirstStageRights rights, const HostPlace& holder);
  void leaf(std::uint64_t page, unsigned level, Iova first, AccessRights rights);
  Placement place(std::uint64_t address) const;
  Iova canonical(std::uint64_t address) const;

  const DecisionInputs& unit_;
  const PasidContext& pasid_;
  bool privileged_;
  iommu::MappedPieces& pieces_;
  SecondStage second_stage_;
};

}  // namespace iommusim::vtd
