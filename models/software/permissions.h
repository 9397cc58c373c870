// SPDX-License-Identifier: Apache-2.0
// What a device may do with a mapping, as its driver asks the operating system for it.
#pragma once

#include <cstdint>

namespace iommusim::software {

struct Permissions {
  bool read = true;
  bool write = true;

  friend constexpr bool operator==(Permissions a, Permissions b) { return a.read == b.read && a.write == b.write; }
  friend constexpr bool operator!=(Permissions a, Permissions b) { return !(a == b); }
};

/// What lies behind a mapping: RAM, or registers (of a doorbell), which nobody may cache, merge or execute.
enum class MemoryType : std::uint8_t { normal, device };

}  // namespace iommusim::software
