// SPDX-License-Identifier: Apache-2.0
// Programs to begin with: random images that are right, and requests that use them.
#pragma once

#include <cstdint>
#include <vector>

namespace iommusim::fuzz {

/// The same for the same number.
std::vector<std::uint8_t> vtd_seed(std::uint64_t number);

}  // namespace iommusim::fuzz
