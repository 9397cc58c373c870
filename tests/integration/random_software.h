// SPDX-License-Identifier: Apache-2.0
// IOMMUs, domains and mappings for a random machine.
#pragma once

#include "platforms/description.h"
#include "support/random.h"

namespace iommusim::tests {

/// Puts most host bridges behind an IOMMU and most of their devices into a domain. The host bridges must be complete.
void add_random_software(Random& random, platforms::Description& description);

}  // namespace iommusim::tests
