// SPDX-License-Identifier: Apache-2.0
// Reads VT-d table entries.
#pragma once

#include "iommu/table_reader.h"

namespace iommusim::vtd {

using iommu::TableReader;

}  // namespace iommusim::vtd
