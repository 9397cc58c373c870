// SPDX-License-Identifier: Apache-2.0
// PCI identifiers as lspci prints them.
#pragma once

#include "base/requester_id.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace iommusim::platforms {

/// "bb:dd.f" or "dd.f" (bus 0), hexadecimal, device at most 1f, function at most 7. nullopt: anything else.
std::optional<RequesterId> parse_bdf(std::string_view text);

struct VendorDevice {
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
};

/// "vvvv:dddd", four hexadecimal digits each. nullopt: anything else.
std::optional<VendorDevice> parse_vendor_device(std::string_view text);

}  // namespace iommusim::platforms
