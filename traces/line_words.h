// SPDX-License-Identifier: Apache-2.0
// Where in a line of a trace a word stands, for errors: its time, the device, what it does, and what to.
#pragma once

#include <cstddef>

namespace iommusim::traces {

constexpr std::size_t device_word = 1;
constexpr std::size_t first_argument = 3;

}  // namespace iommusim::traces
