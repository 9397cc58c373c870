// SPDX-License-Identifier: Apache-2.0
// What software says of a request that an IOMMU holds for it.
#pragma once

#include <cstdint>

namespace iommusim::iommu {

enum class StallVerdict : std::uint8_t {
  /// The request is translated anew, as if it had just arrived.
  retry,
  /// It is refused.
  abort,
  /// It ends without an error: a read gives zeros, a write goes nowhere.
  ignore,
};

}  // namespace iommusim::iommu
