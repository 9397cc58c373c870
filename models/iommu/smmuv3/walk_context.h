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

  /// A descriptor becomes dirty, but only if the whole translation succeeds (3.13.3).
  void make_dirty_later(std::size_t fetch, std::uint64_t sets, std::uint64_t clears) {
    if (pending_ < changes_.size()) changes_[pending_++] = {fetch, sets, clears};
  }
  void make_dirty() {
    for (std::size_t i = 0; i < pending_; ++i)
      tables.change_bits(changes_[i].fetch, changes_[i].sets, changes_[i].clears);
  }

  const DecisionInputs& unit;
  iommu::TableReader tables;
  DecisionEffects& effects;

 private:
  struct Change {
    std::size_t fetch;
    std::uint64_t sets;
    std::uint64_t clears;
  };
  /// The leaves of both stages, and the stage 2 page in which that of stage 1 lies.
  std::array<Change, 3> changes_;
  std::size_t pending_ = 0;
};

}  // namespace iommusim::smmuv3
