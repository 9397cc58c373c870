// SPDX-License-Identifier: Apache-2.0
// Stream table entries and context descriptors as an operating system fills them in (SMMUv3 architecture, 5.2 and 5.4).
#pragma once

#include "iommu/smmuv3/context_descriptor.h"
#include "iommu/smmuv3/stream_table_entry.h"
#include "software/paging_tables.h"
#include "software/vmsa_paging_format.h"

#include <cstdint>

namespace iommusim::software {

/// What a stream's translations are made of.
struct StreamTarget {
  /// ASID or VMID.
  std::uint16_t tag = 0;
  PhysAddr root;
  smmuv3::TableGeometry geometry;
  /// IDR5.OAS: physical addresses.
  std::uint8_t output_size = 0;
  /// Faults are recorded; the transaction waits for software.
  bool stalls = false;
  /// The device may keep translations (ATS).
  bool device_tlb = false;
};

/// Refuses all, without an event.
smmuv3::StreamTableEntry abort_entry();
/// Physical addresses, with the attributes that come in.
smmuv3::StreamTableEntry bypass_entry();
/// `context`: of the one context descriptor.
smmuv3::StreamTableEntry stage_1_entry(PhysAddr context, const StreamTarget& target, bool may_stall);
smmuv3::StreamTableEntry stage_2_entry(const StreamTarget& target);
/// Both: `first` over `second`. `context` and what it leads to are intermediate addresses.
smmuv3::StreamTableEntry nested_entry(PhysAddr context, const StreamTarget& first, const StreamTarget& second,
                                      bool may_stall);
/// The lower half of addresses only.
smmuv3::ContextDescriptor context_descriptor(const StreamTarget& target);

}  // namespace iommusim::software
