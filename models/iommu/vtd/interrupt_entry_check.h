// SPDX-License-Identifier: Apache-2.0
// Whether a present entry of the interrupt remapping table may be used (VT-d specification, 5.1.4.1, 9.10 and 9.11).
#pragma once

#include "base/requester_id.h"
#include "iommu/vtd/interrupt_remapping_entry.h"

#include <cstdint>

namespace iommusim::vtd {

/// What of an entry depends on the unit.
struct InterruptEntryFormat {
  /// IRTA.EIME: DST has 32 bits.
  bool extended = false;
  /// CAP.PI: IM may be 1.
  bool posting = false;
  /// Address bits HAW-1:0.
  std::uint64_t host_bits = 0;
};

/// No reserved bit, no reserved delivery mode, and nothing that the unit lacks.
bool has_valid_programming(const InterruptRemappingEntry& entry, const InterruptEntryFormat& format);

/// SVT and SQ let the requester use the entry.
bool validates(const InterruptRemappingEntry& entry, RequesterId source);

}  // namespace iommusim::vtd
