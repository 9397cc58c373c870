// SPDX-License-Identifier: Apache-2.0
// A fetched table entry in words, for people.
#pragma once

#include "iommu/translation.h"

#include <string>

namespace iommusim::vtd {

/// "present, context table at 0x101467000", "read write, table at 0x...", "2 MiB page at 0x..., read only", ...
std::string describe(const iommu::Fetch& fetch);

}  // namespace iommusim::vtd
