// SPDX-License-Identifier: Apache-2.0
// A second, slow implementation of what an SMMUv3 does with a transaction or a translation request. It was written
// from the specification's text, without sight of models/iommu/smmuv3; it caches nothing and shares no code with the
// model.
#pragma once

#include "oracle/smmuv3/answer.h"
#include "oracle/smmuv3/facts.h"

namespace iommusim::oracle::smmuv3 {

/// What the unit owes the request, given its tables as `memory` holds them. Has no effect.
Answer answer(const Facts& facts, const Memory& memory, const Request& request);

}  // namespace iommusim::oracle::smmuv3
