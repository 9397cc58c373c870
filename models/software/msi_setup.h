// SPDX-License-Identifier: Apache-2.0
// How software programs a function's MSI capability or MSI-X table (PCIe base specification, 7.7.1
// and 7.7.2).
#pragma once

#include "base/address.h"
#include "interrupts/msi.h"
#include "software/pci_function.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::software {

/// Vectors that the function's MSI capability has; 0: no capability.
unsigned msi_vectors(const PciFunction& function);

/// Programs and enables MSI with `vectors` messages: `first`, and the same with data + 1, + 2, ... The
/// function makes them by replacing low bits of the data, so `vectors` is a power of two and first.data a
/// multiple of it. Throws DriverError otherwise, and when the capability is absent, has fewer vectors or a
/// narrower address.
void program_msi(const PciFunction& function, const interrupts::MsiMessage& first, unsigned vectors);

/// Where a function's MSI-X table lies.
struct MsixTable {
  std::uint8_t bar = 0;
  /// Bytes from the BAR's base.
  std::uint32_t offset = 0;
  unsigned vectors = 0;
};
/// nullopt: no MSI-X capability.
std::optional<MsixTable> msix_table(const PciFunction& function);

struct MsixVector {
  unsigned index = 0;
  interrupts::MsiMessage message;
};

/// Masks the whole table, programs and unmasks `vectors`, then enables MSI-X. `bar_address` is where the
/// processor reaches the table's BAR, which must decode. Throws DriverError when an index is not in the
/// table, or when the table does not read back what was written.
void program_msix(const PciFunction& function, PhysAddr bar_address, const std::vector<MsixVector>& vectors);

}  // namespace iommusim::software
