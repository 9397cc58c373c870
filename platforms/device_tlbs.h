// SPDX-License-Identifier: Apache-2.0
// What configuration does to the translations that devices keep.
#pragma once

#include "platforms/machine.h"

namespace iommusim::platforms {

/// Software wrote to `offset` of a function's configuration space. A function without ATS Enable knows nothing any
/// more, also when the bit is set again before it sends a request (PCIe base specification, 10.5.1.3).
void forget_disabled_translations(Machine& machine, unsigned offset);

}  // namespace iommusim::platforms
