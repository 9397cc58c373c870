// SPDX-License-Identifier: Apache-2.0
// A unit like the one whose capability registers somebody read.
#pragma once

#include "iommu/vtd/config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iommusim::platforms {

struct CapturedConfig {
  vtd::UnitConfig config;
  /// What the captured registers offer and our unit does not, or the reverse: "ECAP.IR", by the
  /// specification's names.
  std::vector<std::string> unsupported;
};

/// VT-d specification, 11.4.2 and 11.4.3. The registers do not tell the host address width; it is taken to be
/// the guest address width (32 to 52 bits), as in QEMU. The register base stays the default. The result may
/// still be illegal: see vtd::find_impossible.
CapturedConfig config_from_capabilities(std::uint64_t cap, std::uint64_t ecap);

}  // namespace iommusim::platforms
