// SPDX-License-Identifier: Apache-2.0
// What an operating system makes of a page that a device asks for.
#pragma once

#include "iommu/ats.h"

#include <functional>

namespace iommusim::software {

/// What becomes of one page request: the page is there now, or not.
using PageFaultHandler = std::function<iommu::PageResponse(const iommu::PageRequest&)>;

}  // namespace iommusim::software
