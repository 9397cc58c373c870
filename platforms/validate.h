// SPDX-License-Identifier: Apache-2.0
// What must hold between the parts of a platform. Each check throws InputError at the value that breaks it.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_path.h"

namespace iommusim::platforms {

/// All checks below, in the order in which their messages help most. The description must be complete: buses
/// numbered, windows derived.
void validate(const Description& description, const Source& source);

/// Names are unique: memories, host bridges, devices and IOMMUs together; buffers; domains.
void validate_names(const Description& description, const Source& source);
/// What may hang below what, and device and function numbers on each bus.
void validate_topology(const Description& description, const Source& source);
/// Virtual functions: routing IDs and names of their own; function groups.
void validate_virtual_functions(const Description& description, const Source& source);
/// BARs: disjoint, off DRAM, and inside every window above them.
void validate_bars(const Description& description, const Source& source);
/// Windows of ports: granularity, width, nesting, disjoint from their siblings.
void validate_windows(const Description& description, const Source& source);
/// Memories, outbound windows, register pages, doorbells, ECAM and interrupt window share no physical address; no two
/// inbound windows of a host bridge share a bus address.
void validate_address_map(const Description& description, const Source& source);
/// Doorbells: their own configuration, and the host bridges that name them.
void validate_doorbells(const Description& description, const Source& source);
/// IOMMUs: their own configuration, and the host bridges that name them.
void validate_iommus(const Description& description, const Source& source);
void validate_vtd(const IommuDescription& iommu, const Source& source);
void validate_smmuv3(const Description& description, const IommuDescription& iommu, const Source& source);
/// Buffers, domains with their devices and mappings, and interrupts.
void validate_software(const Description& description, const Source& source);
void validate_buffers(const Description& description, const Source& source);
void validate_domains(const Description& description, const Source& source);
/// After validate_domains().
void validate_guests(const Description& description, const Source& source);
void validate_interrupts(const Description& description, const Source& source);

}  // namespace iommusim::platforms
