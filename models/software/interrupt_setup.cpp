// SPDX-License-Identifier: Apache-2.0
#include "software/interrupt_setup.h"

namespace iommusim::software {

interrupts::MsiMessage msi_message(std::uint8_t apic_id, std::uint8_t vector) {
  interrupts::MsiAddress address{interrupts::local_apic_window.first.value()};
  address.set<interrupts::MsiAddress::Destination>(apic_id);
  interrupts::MsiData data;
  data.set<interrupts::MsiData::Vector>(vector);
  return {BusAddr{address.raw()}, static_cast<std::uint32_t>(data.raw())};
}

}  // namespace iommusim::software
