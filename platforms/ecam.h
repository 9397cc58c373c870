// SPDX-License-Identifier: Apache-2.0
// Enhanced Configuration Access Mechanism: each segment's configuration space in physical memory (PCIe base
// specification, 7.2.2; PCI firmware specification, 4.1.2: the MCFG table has one entry per segment).
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// 256 buses of 32 devices, 8 functions and 4 KiB each.
constexpr std::uint64_t ecam_size = std::uint64_t{256} << 20;

/// Gives every segment of a host bridge that the file does not name a region: segment 0 the default one, the others
/// in ascending order the first free one above it.
void place_ecam(Description& description);

/// nullopt: the segment has no region.
std::optional<PhysAddr> ecam_base(const Description& description, std::uint16_t segment);

/// The key path of a region of the file: `ecam`, or `ecam.1.base` where it is a list.
std::string ecam_path(const Source& source, std::size_t index);

}  // namespace iommusim::platforms
