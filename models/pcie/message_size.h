// SPDX-License-Identifier: Apache-2.0
// How many bytes a message has on the wire (PCIe base specification, 2.2.8 and 10.3).
#pragma once

#include "pcie/link_timing.h"

#include <cstdint>

namespace iommusim::pcie {

/// Messages have a header of 4 doublewords.
constexpr std::uint64_t message_bytes(std::uint64_t data = 0) {
  return framing_bytes + 16 + data;
}
/// Says in 8 bytes of data which translations are to be forgotten (10.3.1).
constexpr std::uint64_t invalidate_request_bytes = message_bytes(8);
constexpr std::uint64_t invalidate_completion_bytes = message_bytes();

}  // namespace iommusim::pcie
