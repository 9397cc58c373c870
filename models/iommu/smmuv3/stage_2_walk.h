// SPDX-License-Identifier: Apache-2.0
// Stage 2: from an IPA to an output address (VMSAv8-64 stage 2; SMMUv3 architecture, 3.3.2, 3.4 and 3.13).
#pragma once

#include "iommu/smmuv3/fault.h"
#include "iommu/smmuv3/permissions.h"
#include "iommu/smmuv3/table_descriptor.h"
#include "iommu/smmuv3/walk_context.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::smmuv3 {

struct Stage2Result {
  Fault fault;
  /// The block that holds the IPA, of 2^shift bytes. With a fault, that the entry covers which caused it; 0: none did.
  PhysAddr block;
  unsigned shift = 0;
  /// As the descriptor has them now.
  Permissions permissions;
  Stage2Attributes attributes;
  /// A write is allowed, and makes the page dirty.
  bool is_clean = false;
  /// What the IPA was looked up for.
  FaultClass fault_class = FaultClass::input;
  /// The leaf's place among the fetches; not with `is_cached`.
  std::size_t leaf = 0;
  /// The IPA cache had it.
  bool is_cached = false;

  PhysAddr address_of(std::uint64_t ipa) const { return block + (ipa & ((std::uint64_t{1} << shift) - 1)); }
  bool may_write(bool privileged) const { return permissions.allow(Permissions::write, privileged) || is_clean; }
};

class Stage2Walk {
 public:
  Stage2Walk(WalkContext& context, const StreamContext& stream)
      : context_{context}, stage_{stream.stage_2}, space_{stream.pages_of_stage_2()} {}

  /// For the access itself: with the permissions that it needs. A clean page that is written becomes dirty later.
  Stage2Result find(std::uint64_t ipa, const AccessNeeds& needs);
  /// For the fetch of a stage 1 descriptor or a context descriptor.
  /// In place: a copy would cost on every level.
  void find_structure(std::uint64_t ipa, FaultClass fault_class, Stage2Result& result);
  /// The unit is to update the stage 1 descriptor at `ipa` that `table` holds: F_PERMISSION unless stage 2 allows it.
  /// `now`: whatever else becomes of the access.
  Fault take_write(std::uint64_t ipa, Stage2Result& table, bool now);
  /// The page that `result` found is written.
  void make_dirty(const Stage2Result& result);

 private:
  struct Start {
    std::uint64_t table;
    TableLevel level;
  };
  void look_up(std::uint64_t ipa, FaultClass fault_class, bool uses_cache, Stage2Result& result);
  /// `result` is new.
  void walk(std::uint64_t ipa, FaultClass fault_class, Stage2Result& result);
  Start start(std::uint64_t ipa) const;
  void take_leaf(std::uint64_t ipa, Stage2Descriptor descriptor, Stage2Result& result);
  Permissions permissions_of(Stage2Descriptor descriptor) const;
  void note(std::uint64_t ipa, const Stage2Result& result);

  WalkContext& context_;
  const Stage2& stage_;
  TranslationTag::Space space_;
};

}  // namespace iommusim::smmuv3
