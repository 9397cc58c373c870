// SPDX-License-Identifier: Apache-2.0
// Configuration space in the form of `lspci -xxxx`, which `lspci -F` reads.
#pragma once

#include "platforms/machine.h"

#include <string>

namespace iommusim::platforms {

/// Every function in the order of lspci: a line "bb:dd.f class: vendor:device (name)", 4096 bytes in lines of 16, and
/// an empty line. The domain stands before the bus as soon as one function is outside segment 0.
std::string dump_config(const Machine& machine);

}  // namespace iommusim::platforms
