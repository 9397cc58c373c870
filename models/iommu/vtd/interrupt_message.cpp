// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/interrupt_message.h"

namespace iommusim::vtd {

using interrupts::MsiAddress;
using interrupts::MsiData;
using interrupts::MsiMessage;

namespace {

MsiAddress window() {
  return MsiAddress{interrupts::local_apic_window.first.value()};
}

void set_destination(MsiAddress& address, std::uint32_t destination) {
  address.set<MsiAddress::Destination>(destination & 0xFF);
  address.set<MsiAddress::ExtendedDestination>(destination >> 8);
}

MsiMessage message_of(const MsiAddress& address, const MsiData& data) {
  return {BusAddr{address.raw()}, static_cast<std::uint32_t>(data.raw())};
}

}  // namespace

std::uint32_t interrupt_index(RemappableAddress address, RemappableData data) {
  const bool has_subhandle = address.get<RemappableAddress::SHV>();
  const auto subhandle = static_cast<std::uint32_t>(data.get<RemappableData::Subhandle>());
  return address.handle() + (has_subhandle ? subhandle : 0);
}

MsiMessage remappable_message(std::uint16_t handle, std::uint16_t subhandle) {
  RemappableAddress address{interrupts::local_apic_window.first.value()};
  address.set<RemappableAddress::HandleLow>(handle);
  address.set<RemappableAddress::HandleHigh>(handle >> 15);
  address.set<RemappableAddress::Format>(true);
  address.set<RemappableAddress::SHV>(true);
  return {BusAddr{address.raw()}, subhandle};
}

// Messages have their level asserted whatever their trigger mode (5.1.4, 5.2.3).
MsiMessage remapped_message(const InterruptRemappingEntry& entry, bool extended) {
  using Entry = InterruptRemappingEntry;
  MsiAddress address = window();
  set_destination(address, extended ? entry.get<Entry::DST>() : entry.get<Entry::DST8>());
  address.set<MsiAddress::RedirectionHint>(entry.get<Entry::RH>() ? 1 : 0);
  address.set<MsiAddress::DestinationMode>(entry.get<Entry::DM>() ? 1 : 0);
  MsiData data;
  data.set<MsiData::Vector>(entry.get<Entry::V>());
  data.set<MsiData::DeliveryMode>(static_cast<std::uint64_t>(entry.get<Entry::DLM>()));
  data.set<MsiData::Level>(1);
  data.set<MsiData::TriggerMode>(entry.get<Entry::TM>() ? 1 : 0);
  return message_of(address, data);
}

MsiMessage fixed_message(std::uint8_t vector, std::uint32_t destination) {
  MsiAddress address = window();
  set_destination(address, destination);
  MsiData data;
  data.set<MsiData::Vector>(vector);
  data.set<MsiData::Level>(1);
  return message_of(address, data);
}

}  // namespace iommusim::vtd
