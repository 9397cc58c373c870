// SPDX-License-Identifier: Apache-2.0
// The way of completions: over the links that their request came by, in the other direction.
#pragma once

#include "timing/journey.h"
#include "timing/parameters.h"

#include <cstddef>
#include <optional>

namespace iommusim::timing {

struct WayBack {
  /// The next channel step towards the requester; nullopt: it has arrived.
  std::optional<std::size_t> step;
  /// Through the root complex on the way there: up again where the request was sent down.
  Duration crossing;
};

/// From `step` of the request's journey, or from its end.
inline WayBack way_back(const Journey& journey, std::size_t step, const RootComplexParameters& root_complex) {
  WayBack way;
  while (step-- != 0) {
    if (journey[step].kind == StepKind::root_complex_out) way.crossing += root_complex.latency * 2;
    if (journey[step].kind != StepKind::channel) continue;
    way.step = step;
    break;
  }
  return way;
}

}  // namespace iommusim::timing
