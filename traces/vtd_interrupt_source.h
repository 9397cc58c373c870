// SPDX-License-Identifier: Apache-2.0
// Whom an interrupt remapping table entry lets in.
#pragma once

#include "base/requester_id.h"
#include "iommu/translation.h"
#include "iommu/vtd/interrupt_remapping_entry.h"

namespace iommusim::traces {

/// SID of the fetched entry (VT-d specification, 9.10).
inline RequesterId vtd_interrupt_source(const iommu::Fetch& fetch) {
  const vtd::InterruptRemappingEntry entry{{fetch.value[0], fetch.value[1]}};
  return RequesterId{entry.get<vtd::InterruptRemappingEntry::SID>()};
}

}  // namespace iommusim::traces
