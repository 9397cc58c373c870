// SPDX-License-Identifier: Apache-2.0
// Which ACS controls would make an access land as intended, if any do.
#pragma once

#include "analysis/remedy.h"
#include "analysis/remedy_case.h"

#include <optional>

namespace iommusim::analysis {

/// Each candidate is set on the machine and the decision procedures asked again: a single bit can make things worse, so
/// nothing is offered untried. nullopt: no setting helps, and no other port would.
std::optional<Remedy> find_acs_remedy(const RemedyCase& collision);

}  // namespace iommusim::analysis
