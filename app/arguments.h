// SPDX-License-Identifier: Apache-2.0
// Numbers on the command line, in every form that the project reads.
#pragma once

#include "base/requester_id.h"

#include <cstdint>
#include <string>

namespace iommusim::app {

/// 0x…, decimal, `_`, KiB to TiB. Throws InputError that names `option`.
std::uint64_t parse_number(const std::string& option, const std::string& text);
/// "bb:dd.f". Throws InputError that names `option`.
RequesterId parse_requester(const std::string& option, const std::string& text);

}  // namespace iommusim::app
