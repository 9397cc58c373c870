// SPDX-License-Identifier: Apache-2.0
// What would make a colliding access land as intended on this platform. A change of hardware configuration is only
// offered after the decision procedures confirmed it.
#pragma once

#include "analysis/access_record.h"
#include "analysis/collision.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"

#include <string>
#include <vector>

namespace iommusim::analysis {

struct Remedy {
  /// Stable and short: "enable-acs", "reserve-iova", "remap", "invalidate", "map", ...
  std::string action;
  /// One sentence with the names, registers and ranges of this platform.
  std::string text;
};

/// `machine` is changed and restored while remedies are tried out.
std::vector<Remedy> find_remedies(platforms::Machine& machine, const platforms::OperatingSystem& system,
                                  const AccessRecord& record, CollisionKind kind);

}  // namespace iommusim::analysis
