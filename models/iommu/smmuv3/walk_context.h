// SPDX-License-Identifier: Apache-2.0
// What the walks of one request share.
#pragma once

#include "iommu/smmuv3/decision_effects.h"
#include "iommu/smmuv3/translate.h"
#include "iommu/table_reader.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace iommusim::smmuv3 {

class WalkContext {
 public:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only changes that were noted are read.
  WalkContext(const DecisionInputs& inputs, iommu::FetchLog& fetches, DecisionEffects& what_follows)
      : unit{inputs}, tables{inputs.bus, fetches}, effects{what_follows} {}

  /// Bits of a descriptor that the unit updates.
  struct Change {
    std::size_t fetch;
    std::uint64_t sets;
    std::uint64_t clears;
    UpdatePurpose purpose;
  };
  // Apart: few walks update, and what it needs of the stack would cost the others.
  [[gnu::noinline]] void update(const Change& change) {
    tables.change_bits(change.fetch, change.sets, change.clears);
    effects.update_purposes[change.fetch] = change.purpose;
  }
  /// A descriptor becomes dirty, but only if the whole translation succeeds (3.13.3).
  void make_dirty_later(const Change& change) {
    if (pending_ < changes_.size()) changes_[pending_++] = change;
  }
  void make_dirty() {
    for (std::size_t i = 0; i < pending_; ++i)
      update(changes_[i]);
  }

  const DecisionInputs& unit;
  iommu::TableReader tables;
  DecisionEffects& effects;

 private:
  /// The leaves of both stages, and the stage 2 page in which that of stage 1 lies.
  std::array<Change, 3> changes_;
  std::size_t pending_ = 0;
};

}  // namespace iommusim::smmuv3
