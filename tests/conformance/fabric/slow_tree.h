// SPDX-License-Identifier: Apache-2.0
// The slow router's picture of a machine, read by configuration cycles at bare offsets, as a debugger would.
#pragma once

#include "oracle/slow_router.h"
#include "platforms/machine.h"

namespace iommusim::tests {

/// Function n is node n of the topology. Only the tree's structure and the sizes of BARs come from the description.
oracle::SlowTree slow_tree_of(const platforms::Machine& machine);

}  // namespace iommusim::tests
