// SPDX-License-Identifier: Apache-2.0
#include "interrupts/local_apic.h"

#include "pcie/rules.h"

namespace iommusim::interrupts {

namespace rules {
const Rule interrupt_request{"interrupt.window-write",
                             "a 4-byte write to 0xFEEx_xxxx is an interrupt request, never memory",
                             "VT-d specification, 3.14"};
const Rule invalid_interrupt_request{"interrupt.invalid-request",
                                     "a write to 0xFEEx_xxxx that is not one aligned doubleword is dropped",
                                     "VT-d specification, 3.14"};
const Rule interrupt_window_read{"interrupt.window-read", "0xFEEx_xxxx cannot be read by a device",
                                 "VT-d specification, 3.14"};
}  // namespace rules

std::optional<WindowDecision> classify_interrupt_window(const Access& access) {
  const BusAddr last = access.address + (access.size == 0 ? 0 : access.size - 1);
  if (!local_apic_window.overlaps({access.address, last})) return std::nullopt;
  if (access.operation != Operation::write)
    return WindowDecision{false, CompletionStatus::unsupported_request, &rules::interrupt_window_read};
  const bool doubleword = access.size == 4 && access.address.offset_in(4) == 0;
  if (!doubleword) return WindowDecision{false, CompletionStatus::none, &rules::invalid_interrupt_request};
  if (access.poisoned) return WindowDecision{false, CompletionStatus::none, &pcie::rules::root_complex_poisoned};
  return WindowDecision{true, CompletionStatus::none, &rules::interrupt_request};
}

std::optional<WindowDecision> classify_message(const Access& access) {
  Access in_window = access;
  in_window.address = BusAddr{access.address.value() & ~MsiAddress::ExtendedDestination::mask};
  return classify_interrupt_window(in_window);
}

Interrupt decode(const MsiMessage& message, RequesterId source) {
  const MsiAddress address{message.address.value()};
  const MsiData data{message.data};
  Interrupt interrupt;
  interrupt.vector = static_cast<std::uint8_t>(data.get<MsiData::Vector>());
  interrupt.destination = static_cast<std::uint32_t>(address.get<MsiAddress::ExtendedDestination>() << 8 |
                                                     address.get<MsiAddress::Destination>());
  interrupt.delivery_mode = static_cast<std::uint8_t>(data.get<MsiData::DeliveryMode>());
  interrupt.logical_destination = address.get<MsiAddress::DestinationMode>() != 0;
  interrupt.level_triggered = data.get<MsiData::TriggerMode>() != 0;
  interrupt.source = source;
  return interrupt;
}

Landing interrupt_landing(const MsiMessage& message, RequesterId source, ComponentId doorbell, const Rule& rule) {
  const Interrupt interrupt = decode(message, source);
  Landing landing;
  landing.kind = LandingKind::interrupt;
  landing.where = landing.decided_by = doorbell;
  landing.rule = &rule;
  landing.status = CompletionStatus::none;
  landing.address = message.address.value();
  landing.vector = interrupt.vector;
  landing.destination = interrupt.destination;
  return landing;
}

void LocalApic::deliver(const MsiMessage& message, RequesterId source, Duration time) {
  ++delivered_;
  if (records_.size() == kept) records_.pop_front();
  records_.push_back({decode(message, source), message, time});
}

}  // namespace iommusim::interrupts
