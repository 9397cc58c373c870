// SPDX-License-Identifier: Apache-2.0
// What helps against a refusal by the IOMMU, by its reason.
#pragma once

#include "analysis/remedy.h"
#include "analysis/remedy_case.h"

#include <vector>

namespace iommusim::analysis {

/// Precondition: the access landed in an IOMMU fault. Empty: nothing better is known than to look at the tables.
std::vector<Remedy> find_fault_remedies(const RemedyCase& collision);

/// The same request without what not every IOMMU or port takes: as untranslated, or without its PASID. Each is offered
/// only when the walk confirms it.
std::vector<Remedy> find_request_remedies(const RemedyCase& collision);

/// A mapping that leads to registers, the interrupt window or nothing.
Remedy map_to_memory(const RemedyCase& collision);

}  // namespace iommusim::analysis
