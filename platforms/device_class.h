// SPDX-License-Identifier: Apache-2.0
// Names for the class codes that platforms use most (PCI Code and ID Assignment Specification).
#pragma once

#include "platforms/yaml_reader.h"

#include <cstdint>

namespace iommusim::platforms {

/// Bridge device, PCI-to-PCI: the class of every port.
constexpr std::uint32_t pci_bridge_class = 0x06'0400;
/// "Device does not fit in any defined class": endpoints that name none.
constexpr std::uint32_t unassigned_class = 0xFF'0000;

/// A name, or base class, subclass and programming interface as one 24-bit number.
std::uint32_t read_class(const Value& value);

}  // namespace iommusim::platforms
