// SPDX-License-Identifier: Apache-2.0
// Which addresses a device should use instead.
#pragma once

#include "analysis/remedy.h"
#include "analysis/remedy_case.h"

#include <vector>

namespace iommusim::analysis {

/// What to keep out of, or to stay within, and where the mapping could stand instead. Empty: other addresses help
/// nobody.
std::vector<Remedy> find_address_remedies(const RemedyCase& collision);

/// Keep out of the host's interrupt window. Precondition: it has one.
Remedy reserve_interrupt_window(const RemedyCase& collision);

/// Another place for the mapping that the colliding access used: the walk there ends where the tables decide. nullopt:
/// no mapping, or no such place.
std::vector<Remedy> find_remap(const RemedyCase& collision);

}  // namespace iommusim::analysis
