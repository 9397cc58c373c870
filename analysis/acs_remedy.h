// SPDX-License-Identifier: Apache-2.0
// Which ACS controls would make a colliding access land as intended.
#pragma once

#include "analysis/access_record.h"
#include "analysis/collision.h"
#include "analysis/remedy.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"

#include <optional>

namespace iommusim::analysis {

/// "enable-acs" with the least change of controls that the decision procedures confirm; "replace-port" when the port
/// that decided has no ACS, "share-domain" when a function of a device did; nullopt when ACS has no part in it.
/// `machine` is changed and restored meanwhile.
std::optional<Remedy> find_acs_remedy(platforms::Machine& machine, const platforms::OperatingSystem& system,
                                      const AccessRecord& record, CollisionKind kind);

}  // namespace iommusim::analysis
