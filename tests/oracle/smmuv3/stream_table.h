// SPDX-License-Identifier: Apache-2.0
// From StreamID to STE (SMMUv3 architecture, 3.3.1 and 5.1).
#pragma once

#include "oracle/smmuv3/effects.h"
#include "oracle/smmuv3/fault.h"

#include <optional>

namespace iommusim::oracle::smmuv3 {

struct FoundEntry {
  std::optional<Structure> ste;
  /// Without one.
  Fault fault;
  Dispute dispute = Dispute::none;
};

FoundEntry find_stream_entry(const Facts& facts, const Effects& memory, std::uint32_t stream);

}  // namespace iommusim::oracle::smmuv3
