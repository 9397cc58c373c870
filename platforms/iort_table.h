// SPDX-License-Identifier: Apache-2.0
// The ACPI table by which firmware of an Arm system tells an operating system which SMMU and which ITS see which IDs
// (Arm DEN 0049, IO Remapping Table).
#pragma once

#include "platforms/description.h"

#include <cstdint>
#include <vector>

namespace iommusim::platforms {

/// The bytes of the IORT that firmware of this platform would leave in memory. `description` is complete: as the loader
/// gives it. Throws InputError for what the table has no words for.
std::vector<std::uint8_t> iort_table(const Description& description);

}  // namespace iommusim::platforms
