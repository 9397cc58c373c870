// SPDX-License-Identifier: Apache-2.0
// Which function of a (possibly multi-function) device answers a request from above.
#pragma once

#include "pcie/routing.h"

#include <vector>

namespace iommusim::pcie {

/// The first function that claims the request; when none does, the refusal of function 0.
/// `functions` is not empty.
inline RouteDecision claim_at_device(const Topology& topology, const std::vector<NodeIndex>& functions,
                                     const Access& access) {
  for (const NodeIndex function : functions)
    if (const RouteDecision decision = claim(topology, function, access); decision.action == Action::claim)
      return decision;
  return claim(topology, functions.front(), access);
}

}  // namespace iommusim::pcie
