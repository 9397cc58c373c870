// SPDX-License-Identifier: Apache-2.0
// What the tables of one stream map, all of it. Which entries are there is found here; what each maps is asked of the
// walks.
#pragma once

#include "iommu/mapped_pieces.h"
#include "iommu/smmuv3/stage_1_walk.h"
#include "iommu/smmuv3/stream_context.h"

#include <cstdint>

namespace iommusim::smmuv3 {

class TableSpace {
 public:
  /// `unit`: with caches that hold nothing.
  TableSpace(const DecisionInputs& unit, const StreamContext& stream, iommu::MappedPieces& pieces)
      : unit_{unit}, stream_{stream}, pieces_{pieces}, privileged_{stream.overrides.privilege == 3} {}

  /// Of stage 1, through stage 2 where there is one; else of stage 2.
  void run();

 private:
  /// Where the walk of a table is: the input address of its first entry, and how its addresses are made.
  struct Tables {
    const TableGeometry& geometry;
    /// nullptr: of stage 2.
    const Stage1Half* half;
  };
  struct Place {
    bool exists = false;
    PhysAddr address;
    Permissions permissions;
    /// Bytes for which the same is said.
    std::uint64_t left = page_4k;
  };
  void table(const Tables& tables, std::uint64_t address, unsigned level, std::uint64_t first);
  void entry(const Tables& tables, std::uint64_t descriptor, unsigned level, std::uint64_t first);
  void stage_1_leaf(const Stage1Half& half, std::uint64_t first);
  void map(std::uint64_t first, const Place& place, Permissions permissions, std::uint64_t size);
  Place place_of(std::uint64_t ipa) const;
  PhysAddr table_place(const Tables& tables, std::uint64_t address, bool& exists) const;

  const DecisionInputs& unit_;
  const StreamContext& stream_;
  iommu::MappedPieces& pieces_;
  bool privileged_;
};

}  // namespace iommusim::smmuv3
