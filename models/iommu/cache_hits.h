// SPDX-License-Identifier: Apache-2.0
// What an IOMMU remembers of a request that its caches answered, so that a like request need not be decided again.
#pragma once

#include <cstdint>

namespace iommusim::iommu {

/// The cache lines that a request found. Like requests (same requester, kind and 4 KiB page) find them again as long as
/// the unit's epoch is the same: it grows with every register write, every invalidation, and every fill that took a
/// line in use.
struct CacheHits {
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::uint64_t epoch = 0;
  /// Line of the cache of device contexts, or none.
  std::uint32_t context = none;
  /// Line of the cache of PASID entries, or none.
  std::uint32_t pasid = none;
  /// Line of the cache of translations, or none.
  std::uint32_t translation = none;
};

}  // namespace iommusim::iommu
