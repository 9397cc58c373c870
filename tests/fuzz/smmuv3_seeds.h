// SPDX-License-Identifier: Apache-2.0
// Programs for the fuzzer to begin with: tables that translate, commands and requests that use them.
#pragma once

#include <cstdint>
#include <vector>

namespace iommusim::fuzz {

/// Deterministic.
std::vector<std::uint8_t> smmuv3_seed(std::uint64_t number);

}  // namespace iommusim::fuzz
