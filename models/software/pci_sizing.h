// SPDX-License-Identifier: Apache-2.0
// Second step of PCI enumeration: how large the BARs are.
#pragma once

#include "software/found_functions.h"

namespace iommusim::software {

/// Fills in FoundFunction::bars, VF BARs included, by writing all-ones. Nothing else changes.
void size_bars(FoundFunctions& functions);

}  // namespace iommusim::software
