// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/capabilities.h"

#include <algorithm>
#include <array>

namespace iommusim::smmuv3 {

bool supports_granule(const UnitConfig& config, Granule granule) {
  switch (granule) {
    case Granule::size_4k: return config.granule_4k;
    case Granule::size_16k: return config.granule_16k;
    case Granule::size_64k: return config.granule_64k;
  }
  return false;
}

unsigned output_bits_of(const UnitConfig& config, unsigned code) {
  // Codes that are reserved without wider addresses stand for the widest.
  constexpr std::array<unsigned, 8> bits{32, 36, 40, 42, 44, 48, 52, 52};
  return std::min(bits[code & 7], config.output_address_bits);
}

}  // namespace iommusim::smmuv3
