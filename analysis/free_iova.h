// SPDX-License-Identifier: Apache-2.0
// Where else a mapping of a domain could stand so that a device's requests reach it.
#pragma once

#include "platforms/machine.h"
#include "platforms/operating_system.h"

#include <cstdint>
#include <optional>

namespace iommusim::analysis {

/// Addresses of a domain that nothing on the way takes and nothing is mapped at.
struct FreeIova {
  Range<Iova> range;
  /// IOVA minus the address that the device sends, modulo 2^64: that of the inbound window.
  std::uint64_t offset = 0;
  /// Everything above `range.first` is free, as far as the domain's tables reach.
  bool is_open = false;
};

/// Room for `size` bytes that every device of the domain can address, inside the inbound windows of `device`, within
/// the width of the tables, outside every window and BAR of the fabric, the interrupt window and every mapping. Above
/// all of them where that is possible. nullopt: there is none.
std::optional<FreeIova> find_free_iova(const platforms::Machine& machine, const platforms::OperatingSystem& system,
                                       pcie::NodeIndex device, std::uint64_t size);

}  // namespace iommusim::analysis
