// SPDX-License-Identifier: Apache-2.0
// Which function of a (possibly multi-function) device answers a request from above.
#pragma once

#include "pcie/routing.h"

#include <vector>

namespace iommusim::pcie {

/// The function whose BAR holds the first byte answers; when none does, the refusal of function 0.
/// `functions` is not empty.
inline RouteDecision claim_at_device(const Topology& topology, const std::vector<NodeIndex>& functions,
                                     const Access& access) {
  for (const NodeIndex function : functions)
    if (topology[function].decoded.bar_with(access.address)) return claim(topology, function, access);
  return claim(topology, functions.front(), access);
}

}  // namespace iommusim::pcie
