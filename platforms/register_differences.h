// SPDX-License-Identifier: Apache-2.0
// Names the fields in which two values of a register differ.
#pragma once

#include "base/quantity.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::platforms {

struct NamedBits {
  std::string_view name;
  std::uint64_t mask;
};

/// A field of a 32-bit or 64-bit register.
template <class F>
constexpr NamedBits named(std::string_view name) {
  return {name, F::mask};
}

/// Adds "ECAP.IR" for each field with a bit of `differing`, and "ECAP bits 0x…" for what no field has.
template <class Fields>
void name_differences(std::string_view reg, std::uint64_t differing, const Fields& fields,
                      std::vector<std::string>& names) {
  for (const NamedBits& field : fields) {
    if ((differing & field.mask) == 0) continue;
    names.push_back(fmt::format("{}.{}", reg, field.name));
    differing &= ~field.mask;
  }
  if (differing != 0) names.push_back(fmt::format("{} bits {}", reg, format_hex(differing)));
}

}  // namespace iommusim::platforms
