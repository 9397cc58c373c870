// SPDX-License-Identifier: Apache-2.0
// One TLP of a device as the analysis sees it: what was sent, what software meant, where it landed.
#pragma once

#include "analysis/intent.h"
#include "base/access.h"
#include "base/landing.h"
#include "base/quantity.h"

namespace iommusim::analysis {

enum class AccessSource : std::uint8_t {
  dma,
  /// DMA of the device's own firmware: no driver asked for it.
  firmware,
  /// An interrupt of the device's MSI or MSI-X capability.
  msi,
  /// A 4-byte write that no driver asked for.
  raw_write,
};

/// "read", "write", "atomic", the same of firmware ("firmware-read"), "msi" or "raw-write".
std::string_view operation_name(AccessSource source, Operation operation);

struct AccessRecord {
  Duration time;
  pcie::NodeIndex device = pcie::NodeIndex::none;
  AccessSource source = AccessSource::dma;
  Access access;
  Intent intent;
  Landing landing;
  Path path;
};

}  // namespace iommusim::analysis
