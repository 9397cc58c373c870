// SPDX-License-Identifier: Apache-2.0
// What software left out when an IOMMU refuses a request, whatever the unit's own fault reason or event code.
#pragma once

#include <cstdint>

namespace iommusim::iommu {

enum class FaultCause : std::uint8_t {
  other,
  /// Nothing in the tables of devices: the device is in no domain.
  no_domain,
  /// No mapping, or none with the right that the request needs.
  no_mapping,
  /// Beyond the addresses that the tables translate.
  address_beyond_width,
  output_in_interrupt_range,
  /// The interrupt message names no entry of the unit's table, and others are blocked.
  message_not_remappable,
};

}  // namespace iommusim::iommu
