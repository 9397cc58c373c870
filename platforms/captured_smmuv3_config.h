// SPDX-License-Identifier: Apache-2.0
// An SMMUv3 like the one whose ID registers somebody read.
#pragma once

#include "iommu/smmuv3/config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::platforms {

/// IDR0, IDR1, IDR3, IDR5, AIDR and IIDR.
struct SmmuIdRegisters {
  std::uint32_t idr0 = 0;
  std::uint32_t idr1 = 0;
  std::uint32_t idr3 = 0;
  std::uint32_t idr5 = 0;
  std::uint32_t aidr = 0;
  std::uint32_t iidr = 0;
};

struct CapturedSmmuConfig {
  smmuv3::UnitConfig config;
  /// What the captured registers offer and our unit does not, or the reverse: "IDR0.BTM", by the specification's names.
  std::vector<std::string> unsupported;
};

/// SMMUv3 architecture, 6.3.1 to 6.3.8. The register base stays the default. The result may still be impossible: see
/// smmuv3::find_impossible.
CapturedSmmuConfig config_from_id_registers(const SmmuIdRegisters& registers);

}  // namespace iommusim::platforms
