// SPDX-License-Identifier: Apache-2.0
// From a stream table entry to the context descriptor of a substream, and whether it may be used (SMMUv3 architecture,
// 3.3.2, 5.3 and 5.4.2).
#pragma once

#include "iommu/smmuv3/context_descriptor.h"
#include "iommu/smmuv3/stage_2_walk.h"
#include "iommu/smmuv3/stream_table_entry.h"

#include <cstdint>
#include <optional>

namespace iommusim::smmuv3 {

/// What becomes of a request by its SubstreamID and S1DSS.
struct ContextChoice {
  EventCode fault = EventCode::none;
  bool bypasses_stage_1 = false;
  /// The descriptor's index, with stage 1.
  std::uint32_t index = 0;
};
ContextChoice choose_context(const UnitConfig& config, const StreamTableEntry& entry, std::optional<Pasid> substream);

/// Reads the descriptor and fills in what it says. C_BAD_SUBSTREAMID, stage 2 faults of class CD, F_CD_FETCH, C_BAD_CD.
/// `nested`: translates S1ContextPtr and L2Ptr; nullptr without stage 2.
Fault look_up_context(const StreamTableEntry& entry, std::uint32_t index, WalkContext& walk, Stage2Walk* nested,
                      StreamContext& context);

}  // namespace iommusim::smmuv3
