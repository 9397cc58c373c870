// SPDX-License-Identifier: Apache-2.0
// The input space of one requester of a VT-d unit.
#pragma once

#include "base/requester_id.h"
#include "iommu/input_space.h"
#include "iommu/vtd/translate.h"

namespace iommusim::vtd {

/// From the tables in memory. Caches are not looked at: what they hold beside the tables has no border here.
iommu::InputSpace input_space(const DecisionInputs& unit, RequesterId requester);

}  // namespace iommusim::vtd
