// SPDX-License-Identifier: Apache-2.0
// Small integers for the parts of a platform, so that the hot path carries no names.
#pragma once

#include <cstdint>

namespace iommusim {

/// Index into the platform's table of component names; `none` where nothing applies.
enum class ComponentId : std::uint16_t { none = 0xFFFF };

constexpr std::uint16_t index_of(ComponentId id) {
  return static_cast<std::uint16_t>(id);
}

}  // namespace iommusim
