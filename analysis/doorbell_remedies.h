// SPDX-License-Identifier: Apache-2.0
// What keeps messages to a GIC from being lost, and memory from being taken for its doorbell.
#pragma once

#include "analysis/remedy.h"
#include "analysis/remedy_case.h"

#include <vector>

namespace iommusim::analysis {

/// Of a message that did not reach the doorbell as meant, and of an access that met the window for doorbells.
std::vector<Remedy> find_doorbell_remedies(const RemedyCase& collision);

}  // namespace iommusim::analysis
