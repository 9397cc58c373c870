// SPDX-License-Identifier: Apache-2.0
// Interrupt remapping as an operating system uses it (VT-d specification, 5.1): the table in memory, its entries, and
// what the unit must be told of them.
#pragma once

#include "base/requester_id.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "software/invalidation_submitter.h"
#include "software/page_allocator.h"
#include "software/remapping_registers.h"

#include <cstdint>
#include <vector>

namespace iommusim::software {

/// Where a remapped interrupt goes: fixed delivery, edge triggered, one physical APIC.
struct InterruptTarget {
  std::uint8_t vector = 0;
  std::uint32_t apic_id = 0;
};

/// Where a posted interrupt is taken down.
struct PostingTarget {
  std::uint8_t vector = 0;
  PhysAddr descriptor;
  bool urgent = false;
};

/// Registers, submitter and allocator must outlive it.
class InterruptRemapping {
 public:
  /// `entries`: of the table, a power of two from 2 to 65536.
  InterruptRemapping(RemappingRegisters& registers, InvalidationSubmitter& invalidation, PageAllocator& pages,
                     unsigned entries);

  /// Table, SIRTP, invalidation, IRE. Extended interrupt mode where the unit has it. Throws DriverError when hardware
  /// does not follow.
  void start();
  /// GCMD.IRE alone.
  void switch_on(bool on);

  unsigned entries() const { return entries_; }
  /// APIC IDs have 32 bits.
  bool is_extended() const { return extended_; }

  /// The first of `count` free entries that follow each other. Throws DriverError when there are not so many.
  std::uint16_t allocate(unsigned count);
  /// Writes one entry; `invalidate`: and waits until the unit has forgotten what it held. Throws DriverError for an
  /// index beyond the table.
  void write(std::uint32_t index, const vtd::InterruptRemappingEntry& entry, bool invalidate);

  /// A present entry for requests of these sources.
  vtd::InterruptRemappingEntry entry(const InterruptTarget& target, const std::vector<RequesterId>& sources) const;
  static vtd::InterruptRemappingEntry entry(const PostingTarget& target, const std::vector<RequesterId>& sources);

 private:
  RemappingRegisters& registers_;
  InvalidationSubmitter& invalidation_;
  unsigned entries_;
  PhysAddr table_;
  bool extended_ = false;
  unsigned next_ = 0;
};

}  // namespace iommusim::software
