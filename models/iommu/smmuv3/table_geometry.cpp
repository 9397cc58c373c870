// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/table_geometry.h"

namespace iommusim::smmuv3 {

std::optional<Granule> granule_of_tg0(unsigned tg) {
  switch (tg) {
    case 0: return Granule::size_4k;
    case 1: return Granule::size_64k;
    case 2: return Granule::size_16k;
    default: return std::nullopt;
  }
}

std::optional<Granule> granule_of_tg1(unsigned tg) {
  switch (tg) {
    case 1: return Granule::size_16k;
    case 2: return Granule::size_4k;
    case 3: return Granule::size_64k;
    default: return std::nullopt;
  }
}

}  // namespace iommusim::smmuv3
