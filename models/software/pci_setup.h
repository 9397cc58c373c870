// SPDX-License-Identifier: Apache-2.0
// What firmware and operating systems write through configuration cycles before a device can be used.
// PCIe base specification, 7.5.1, 7.7.11 and 7.8.9. Every function throws DriverError for what the hardware does not
// take.
#pragma once

#include "base/range.h"
#include "pcie/acs.h"
#include "software/pci_function.h"

#include <cstdint>
#include <optional>

namespace iommusim::software {

/// A memory BAR as sizing finds it.
struct BarFacts {
  /// Bytes.
  std::uint64_t size = 0;
  bool is_64bit = false;
  bool prefetchable = false;

  friend bool operator==(const BarFacts& a, const BarFacts& b) {
    return a.size == b.size && a.is_64bit == b.is_64bit && a.prefetchable == b.prefetchable;
  }
};

/// Sizes a BAR by writing all-ones; memory decoding is off meanwhile, and everything is restored.
/// nullopt: no memory BAR at this index.
std::optional<BarFacts> probe_bar(const PciFunction& function, unsigned index);

/// Writes the address (both halves of a 64-bit BAR) and reads it back.
void program_bar(const PciFunction& function, unsigned index, BusAddr base);

struct BusNumbers {
  std::uint8_t primary = 0;
  std::uint8_t secondary = 0;
  std::uint8_t subordinate = 0;
};
void program_bus_numbers(const PciFunction& port, const BusNumbers& buses);

/// A bridge's windows are whole MiB; the memory window lies below 4 GiB. nullopt closes the window.
void program_memory_window(const PciFunction& port, const std::optional<Range<BusAddr>>& window);
void program_prefetchable_window(const PciFunction& port, const std::optional<Range<BusAddr>>& window);

/// Bits of the command register. The others keep their value.
void set_memory_space(const PciFunction& function, bool enable);
void set_bus_master(const PciFunction& function, bool enable);

/// Device Control: the largest payload and read request of a TLP, in bytes (128 to 4096, powers of two).
/// A payload above what the function supports is refused.
void set_transfer_sizes(const PciFunction& function, unsigned max_payload, unsigned max_read_request);

/// nullopt: no ACS capability.
std::optional<pcie::AcsControl> acs_control(const PciFunction& function);
/// Writes ACS Control and returns what the function took: services that it does not have stay off.
pcie::AcsControl set_acs_control(const PciFunction& function, pcie::AcsControl control);

/// PASID Enable: the function may tag its requests with a PASID.
void enable_pasid(const PciFunction& function);
/// DPC Control. Throws DriverError when the function has no Poisoned TLP Egress Blocking.
void set_poisoned_egress_blocking(const PciFunction& function, bool enable);

/// Link Control of a port above a link (PCIe base specification, 7.5.3.7). Throws DriverError: it has none.
void set_link_disable(const PciFunction& function, bool disable);

}  // namespace iommusim::software
