// SPDX-License-Identifier: Apache-2.0
// What an ACS rule on the way of a request suggests to change at the port that applied it. Whether that helps is for a
// trial to say.
#pragma once

#include "analysis/acs_trial.h"
#include "base/rule.h"

#include <vector>

namespace iommusim::analysis {

/// `rule` was applied at the ingress `port`. `egress`: the number by which the port's Egress Control Vector means the
/// peer. `wants_peer`: the request is to go there directly; else it is to go up to the IOMMU. Least change first.
std::vector<AcsEdit> edits_for(const Rule& rule, pcie::NodeIndex port, std::uint8_t egress, bool wants_peer);

}  // namespace iommusim::analysis
