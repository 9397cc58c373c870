// SPDX-License-Identifier: Apache-2.0
// What a device may do with a mapping, as its driver asks the operating system for it.
#pragma once

namespace iommusim::software {

struct Permissions {
  bool read = true;
  bool write = true;

  friend constexpr bool operator==(Permissions a, Permissions b) { return a.read == b.read && a.write == b.write; }
  friend constexpr bool operator!=(Permissions a, Permissions b) { return !(a == b); }
};

}  // namespace iommusim::software
