// SPDX-License-Identifier: Apache-2.0
// What stands after the device in a line of a trace.
#pragma once

#include "traces/operation.h"
#include "traces/tokens.h"

#include <cstdint>
#include <string_view>

namespace iommusim::traces {

/// Vectors of an MSI-X table (PCI local bus specification, 6.8.2).
constexpr unsigned most_vectors = 2048;
/// The device of CPU accesses.
constexpr std::string_view cpu_device = "cpu";

/// Takes the verb and all its words into `action`, whose memory is used again. Throws InputError with the position of
/// the first wrong word.
void parse_action(std::string_view device, Tokens& tokens, Action& action);

/// A letter, digit or `_`, then letters, digits and any of `_ - . : /`.
bool is_name(std::string_view text);

}  // namespace iommusim::traces
