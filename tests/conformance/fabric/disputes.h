// SPDX-License-Identifier: Apache-2.0
// Addresses for which no specification says who answers: two functions on one bus claim them.
#pragma once

#include "oracle/slow_router.h"
#include "platforms/walk.h"

namespace iommusim::tests {

bool is_disputed(const oracle::SlowTree& tree, std::uint64_t address);

/// The same for the address at which a request comes down again after translation.
bool is_disputed_behind_root(const oracle::SlowTree& tree, const platforms::Walk& walk);

}  // namespace iommusim::tests
