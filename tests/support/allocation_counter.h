// SPDX-License-Identifier: Apache-2.0
// Counts what the process allocates: linking allocation_counter.cpp replaces operator new.
#pragma once

#include <cstddef>

namespace iommusim::tests {

/// Calls of any operator new since the start.
std::size_t allocations();

}  // namespace iommusim::tests
