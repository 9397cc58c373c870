// SPDX-License-Identifier: Apache-2.0
// The ACPI table by which firmware tells an operating system of its remapping units (VT-d specification, 8).
#pragma once

#include "platforms/description.h"

#include <cstdint>
#include <vector>

namespace iommusim::platforms {

/// The bytes of the DMAR table that firmware of this platform would leave in memory. `description` is complete: as the
/// loader gives it. Throws InputError for what the table has no words for: no unit at all, a unit in several segments.
std::vector<std::uint8_t> dmar_table(const Description& description);

}  // namespace iommusim::platforms
