// SPDX-License-Identifier: Apache-2.0
// Second-stage translation, for legacy and scalable mode (VT-d specification, 3.7 and 9.8).
#pragma once

#include "oracle/tables.h"
#include "oracle/vtd/facts.h"
#include "oracle/vtd/walk.h"

#include <cstdint>

namespace iommusim::oracle::vtd {

/// What a context or PASID entry says about its second stage.
struct SecondStage {
  std::uint64_t table = 0;
  unsigned aw = 0;
  /// The rest: scalable mode only.
  bool scalable = false;
  bool accessed_dirty = false;
  bool execute_enable = false;
  bool snooped = false;

  unsigned levels() const { return aw + 2; }
  unsigned width() const { return 30 + 9 * aw; }
};

/// What is asked of a page.
struct Use {
  bool reads = false;
  bool writes = false;
  bool executes = false;
  bool zero_length = false;
  /// A translation request takes what rights there are, but W only without `no_write`.
  bool translation_request = false;
  bool no_write = false;
  /// The same because the first stage grants no write.
  bool withholds_write = false;
};

Walk walk_second_stage(const Facts& facts, Tables& tables, const SecondStage& stage, const Use& use,
                       std::uint64_t address);

}  // namespace iommusim::oracle::vtd
