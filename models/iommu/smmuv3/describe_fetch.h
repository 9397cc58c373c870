// SPDX-License-Identifier: Apache-2.0
// A fetched structure or descriptor in words, for people.
#pragma once

#include "iommu/translation.h"

#include <string>

namespace iommusim::smmuv3 {

/// "valid, stage 1, contexts at 0x...", "table at 0x...", "page at 0x..., read only", ...
std::string describe(const iommu::Fetch& fetch);

}  // namespace iommusim::smmuv3
