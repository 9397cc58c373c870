// SPDX-License-Identifier: Apache-2.0
// Stage 1: from VA to IPA, or to PA where there is no stage 2 (SMMUv3 architecture, 3.4, 3.13, 13.4; VMSAv8-64).
#pragma once

#include "oracle/smmuv3/context_entry.h"
#include "oracle/smmuv3/stage_2.h"

namespace iommusim::oracle::smmuv3 {

class Stage1 {
 public:
  /// `stage_2`: nullptr where tables are at physical addresses.
  Stage1(const ContextEntry& context, Effects& memory, Stage2* stage_2)
      : context_{context}, memory_{memory}, stage_2_{stage_2} {}

  /// Up to and with F_ACCESS.
  Leaf find(std::uint64_t address, bool privileged);
  Rights rights(const Leaf& leaf, bool privileged, bool data) const;
  /// Permission check and flag updates.
  Result translate(std::uint64_t address, const Access& access);
  /// Sets the Access flag, and marks dirty what is clean; a fault where that is refused.
  std::optional<Fault> update(const Leaf& leaf, bool mark_dirty);
  /// Would update() change anything.
  bool needs_update(const Leaf& leaf, bool mark_dirty) const;
  Dispute dispute() const { return dispute_; }

 private:
  Leaf walk(const Half& half, std::uint64_t address);
  /// Where the descriptor is, through stage 2 if there is one.
  Result locate(std::uint64_t named);
  bool in_range(const Half& half, std::uint64_t address) const;

  const ContextEntry& context_;
  Effects& memory_;
  Stage2* stage_2_;
  Format format_;
  Dispute dispute_ = Dispute::none;
};

}  // namespace iommusim::oracle::smmuv3
