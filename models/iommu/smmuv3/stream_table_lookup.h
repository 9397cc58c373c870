// SPDX-License-Identifier: Apache-2.0
// From a StreamID to its stream table entry, and whether it may be used (SMMUv3 architecture, 3.3.1 and 5.2.2).
#pragma once

#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/control_state.h"
#include "iommu/smmuv3/fault.h"
#include "iommu/smmuv3/stream_context.h"
#include "iommu/smmuv3/stream_table_entry.h"
#include "iommu/table_reader.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// C_BAD_STREAMID, F_STE_FETCH, C_BAD_STE, in this order, or no fault and `entry`.
Fault look_up_stream(const UnitConfig& config, const StreamTableBase& streams, std::uint32_t stream,
                     iommu::TableReader& tables, StreamTableEntry& entry);

/// The entry selects or needs what the unit lacks, or contradicts itself. Precondition: V.
bool is_illegal(const UnitConfig& config, const StreamTableEntry& entry);

/// What a legal entry says of everything but context descriptors. In place: a copy would cost.
void take_entry(const UnitConfig& config, bool e2h, const StreamTableEntry& entry, StreamContext& context);

/// S1CDMax of a unit with substreams, else 0.
inline unsigned context_index_bits(const UnitConfig& config, const StreamTableEntry& entry) {
  return config.substream_id_bits == 0 ? 0 : entry.get<StreamTableEntry::S1CDMax>();
}

}  // namespace iommusim::smmuv3
