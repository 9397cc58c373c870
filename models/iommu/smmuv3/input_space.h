// SPDX-License-Identifier: Apache-2.0
// What the tables in memory map for a stream: iommu/input_space.h of an SMMUv3.
#pragma once

#include "base/requester_id.h"
#include "iommu/input_space.h"
#include "iommu/smmuv3/translate.h"

namespace iommusim::smmuv3 {

/// For requests without SubstreamID, from the tables in memory. Caches are not looked at: what they hold beside the
/// tables has no border here.
iommu::InputSpace input_space(const DecisionInputs& unit, RequesterId requester);

}  // namespace iommusim::smmuv3
