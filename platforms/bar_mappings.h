// SPDX-License-Identifier: Apache-2.0
// Mappings that lead to a BAR by its name, as software for peer-to-peer DMA makes them.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// Fills in MappingDescription::physical and, where the file gives none, the size: the rest of the BAR. BARs must be
/// placed. Throws InputError for a BAR that does not exist, that nobody has placed or that the processor cannot reach.
void resolve_bar_mappings(Description& description, const Source& source);

}  // namespace iommusim::platforms
