// SPDX-License-Identifier: Apache-2.0
// Egress control vectors: from the names of a platform file to bits.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// Fills in AcsDescription::egress_blocked everywhere. At a port a name is that of a sibling port, in an endpoint that
/// of another function of its device; virtual functions must have been made. Throws InputError at a target that is
/// neither, or beyond the vector.
void resolve_egress(Description& description, const Source& source);

}  // namespace iommusim::platforms
