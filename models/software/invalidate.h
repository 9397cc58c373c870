// SPDX-License-Identifier: Apache-2.0
// Who is told that mappings ended.
#pragma once

#include <cstdint>

namespace iommusim::software {

enum class Invalidate : std::uint8_t {
  no,
  /// The IOMMU's caches, but not the translations that devices keep.
  unit_only,
  yes,
};

}  // namespace iommusim::software
