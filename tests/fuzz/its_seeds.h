// SPDX-License-Identifier: Apache-2.0
// Programs to begin with: an ITS that is set up, devices and events that are mapped, and their messages.
#pragma once

#include <cstdint>
#include <vector>

namespace iommusim::fuzz {

/// The same for the same number.
std::vector<std::uint8_t> its_seed(std::uint64_t number);

}  // namespace iommusim::fuzz
