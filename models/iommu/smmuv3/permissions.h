// SPDX-License-Identifier: Apache-2.0
// What an access needs and what descriptors allow (VMSAv8-64 permissions), as sets of bits.
#pragma once

#include "iommu/translation.h"

#include <cstdint>

namespace iommusim::smmuv3 {

/// What one access, privileged or not, may do.
class Permissions {
 public:
  static constexpr std::uint8_t read = 1;
  static constexpr std::uint8_t write = 2;
  static constexpr std::uint8_t execute = 4;
  static constexpr std::uint8_t all = read | write | execute;

  /// Everything.
  constexpr Permissions() = default;
  constexpr Permissions(std::uint8_t privileged, std::uint8_t unprivileged)
      : bits_{static_cast<std::uint8_t>(privileged << 3 | unprivileged)} {}

  constexpr std::uint8_t of(bool privileged) const { return bits_ >> (privileged ? 3 : 0) & all; }
  constexpr bool allow(std::uint8_t needed, bool privileged) const { return (needed & ~of(privileged)) == 0; }
  /// The same and write permission: a page of stage 2 that has become dirty.
  constexpr Permissions with_write() const {
    return {static_cast<std::uint8_t>(of(true) | write), static_cast<std::uint8_t>(of(false) | write)};
  }
  friend constexpr Permissions operator&(Permissions a, Permissions b) {
    return {static_cast<std::uint8_t>(a.of(true) & b.of(true)), static_cast<std::uint8_t>(a.of(false) & b.of(false))};
  }

 private:
  std::uint8_t bits_ = all << 3 | all;
};

/// The access as the tables see it: after the overrides of the STE.
struct AccessNeeds {
  /// What must be allowed for the access to go on.
  std::uint8_t permissions = Permissions::read;
  bool privileged = false;
  bool instruction = false;
  /// Write permission that is granted will be used without another walk: a clean page becomes dirty.
  bool takes_write = false;
};

}  // namespace iommusim::smmuv3
