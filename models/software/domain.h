// SPDX-License-Identifier: Apache-2.0
// What an operating system says of a domain to the driver of an IOMMU, whatever its architecture.
#pragma once

#include "base/address.h"
#include "software/permissions.h"

#include <cstdint>
#include <string>

namespace iommusim::software {

enum class DomainKind : std::uint8_t {
  /// Devices use physical addresses.
  identity,
  /// Devices use I/O virtual addresses that map() makes.
  translating,
  /// Devices reach nothing.
  blocked,
};

/// What the driver calls the domain, and the unit where it tags what it caches.
enum class DomainId : std::uint16_t {};

/// "domain 3".
std::string to_string(DomainId domain);

/// Which entries the tables of a domain have. VT-d's first-stage tables cannot say that a page may only be written.
enum class Stage : std::uint8_t { second, first };

/// Whether a requester keeps translations itself (ATS), which its domain then has to call back, and whether it asks for
/// pages (PRI).
enum class DeviceTlb : std::uint8_t { no, yes, with_page_requests };

struct MapRequest {
  Iova iova;
  PhysAddr physical;
  /// Bytes.
  std::uint64_t size = 0;
  Permissions permissions;
  /// Counts where the IOMMU's tables say what memory is like: on Arm.
  MemoryType memory = MemoryType::normal;
};

}  // namespace iommusim::software
