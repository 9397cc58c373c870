// SPDX-License-Identifier: Apache-2.0
// What is asked of the description of every IOMMU, and depends on its architecture.
#pragma once

#include "platforms/description.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace iommusim::platforms {

/// Where the unit's register block begins.
PhysAddr register_base(const IommuDescription& iommu);
/// Bytes that it takes in the address map: whole pages.
std::uint64_t register_bytes(const IommuDescription& iommu);

/// The unit looks interrupt requests up in a table of its own.
bool remaps_interrupts(const IommuDescription& iommu);

/// Its interrupts can have 32 bits of APIC ID, or go to virtual processors.
bool has_extended_destinations(const IommuDescription& iommu);
bool posts_interrupts(const IommuDescription& iommu);

/// Domains of this stage can have tables.
bool has_stage(const IommuDescription& iommu, software::Stage stage);
/// First-stage tables of a domain can lie in memory that second-stage tables map.
bool has_nesting(const IommuDescription& iommu);
/// What its specification calls the cache of translations, and the command that has a device forget its own.
std::string_view translation_cache_name(const IommuDescription& iommu);
std::string_view device_invalidation_name(const IommuDescription& iommu);
/// What the firmware table of the architecture calls memory that firmware uses with devices, and its key in the file.
std::string_view reserved_memory_name(const IommuDescription& iommu);
std::string_view reserved_memory_key(const IommuDescription& iommu);
/// That of domains which the file gives none.
software::Stage usual_stage(const IommuDescription& iommu);
/// Bytes of the smallest page that domains map.
std::uint64_t page_size(const IommuDescription& iommu);
/// Depths that these tables may have.
std::vector<unsigned> table_levels(const IommuDescription& iommu, software::Stage stage);
/// Addresses that tables of this depth translate, in bits.
unsigned input_width(const IommuDescription& iommu, software::Stage stage, unsigned levels);
/// Physical addresses that tables can lead to, in bits.
unsigned output_width(const IommuDescription& iommu);

}  // namespace iommusim::platforms
