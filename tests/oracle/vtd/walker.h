// SPDX-License-Identifier: Apache-2.0
// A second, slow implementation of what a VT-d unit does with a DMA or interrupt request. It was
// written from the specification's text, without sight of models/iommu/vtd; it caches nothing and shares no code with
// the model.
#pragma once

#include "oracle/tables.h"
#include "oracle/vtd/answer.h"
#include "oracle/vtd/facts.h"

namespace iommusim::oracle::vtd {

/// What the unit owes the request, given its tables as `memory` holds them. Has no effect.
Answer answer(const Facts& facts, const Memory& memory, const Request& request);

}  // namespace iommusim::oracle::vtd
