// SPDX-License-Identifier: Apache-2.0
// How many interrupts were posted, and how many notifications that took.
#pragma once

#include "platforms/machine.h"
#include "timing/statistics.h"

namespace iommusim::analysis {

/// A group for each IOMMU that posted something, since the operating system started.
timing::StatisticGroup posting_statistics(const platforms::Machine& machine);

}  // namespace iommusim::analysis
