// SPDX-License-Identifier: Apache-2.0
// Which memory the operating system keeps for its tables.
#pragma once

#include "platforms/description.h"

namespace iommusim::platforms {

/// `software.os_memory` of the description; otherwise the highest 64 MiB (in small banks: the highest quarter) of a
/// memory bank that no buffer and no mapping touches, the highest bank first. Throws InputError when there is none.
Range<PhysAddr> os_memory_of(const Description& description);

}  // namespace iommusim::platforms
