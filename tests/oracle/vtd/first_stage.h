// SPDX-License-Identifier: Apache-2.0
// First-stage translation, alone and nested (VT-d specification, 3.6, 3.8 and 9.7).
#pragma once

#include "oracle/vtd/second_stage.h"

#include <optional>

namespace iommusim::oracle::vtd {

/// What a PASID entry says about its first stage.
struct FirstStage {
  std::uint64_t table = 0;
  unsigned levels = 4;
  bool write_protect = false;
  bool no_execute_enable = false;
  bool supervisor_execute_protection = false;
  bool extended_accessed = false;
  bool snooped = false;
  /// Through which its tables and its output go, when nested.
  std::optional<SecondStage> nested;
};

struct FirstStageUse : Use {
  bool supervisor = false;
};

Walk walk_first_stage(const Facts& facts, Tables& tables, const FirstStage& stage, const FirstStageUse& use,
                      std::uint64_t address);

}  // namespace iommusim::oracle::vtd
