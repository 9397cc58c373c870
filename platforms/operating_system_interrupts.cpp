// SPDX-License-Identifier: Apache-2.0
// How the operating system gives devices their interrupts: messages in MSI capabilities and MSI-X tables.
#include "platforms/operating_system.h"
#include "platforms/windows.h"
#include "software/driver_error.h"
#include "software/interrupt_setup.h"
#include "software/sriov_setup.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::platforms {

void OperatingSystem::program_interrupts() {
  for (const Device& device : machine_.devices())
    program_device_interrupts(device);
}

void OperatingSystem::program_device_interrupts(const Device& device) {
  std::vector<const InterruptDescription*> vectors;
  for (const InterruptDescription& interrupt : machine_.description().interrupts)
    if (interrupt.device == device.description->name) vectors.push_back(&interrupt);
  if (vectors.empty()) return;
  const pcie::Node& node = machine_.topology()[device.node];
  const software::PciFunction function{bus_, node.segment, node.requester};
  // No driver finds a function that configuration requests do not reach.
  if (!software::answers(function)) return;
  std::sort(vectors.begin(), vectors.end(), [](const auto* a, const auto* b) { return a->index < b->index; });
  const std::vector<ProgrammedMsi> messages = messages_for(device, vectors);
  if (device.description->msix) {
    std::vector<software::MsixVector> table;
    table.reserve(messages.size());
    for (const ProgrammedMsi& message : messages)
      table.push_back({message.index, message.message});
    software::program_msix(function, cpu_address_of_bar(device, device.description->msix->table_bar), table);
  } else {
    program_plain_msi(function, messages);
  }
  programmed_.insert(programmed_.end(), messages.begin(), messages.end());
}

std::vector<ProgrammedMsi> OperatingSystem::messages_for(const Device& device,
                                                         const std::vector<const InterruptDescription*>& vectors) {
  if (software::InterruptRemapping* remapping = remapping_above(device.node))
    return remapped_messages_for(device, vectors, *remapping);
  switch (machine_.doorbell_of(device.node).kind) {
    case DoorbellKind::its: return its_messages_for(device, vectors);
    case DoorbellKind::gicv2m:
    case DoorbellKind::mbi: return spi_messages_for(device, vectors);
    case DoorbellKind::redistributors:
    case DoorbellKind::local_apic: break;
  }
  return apic_messages_for(device, vectors);
}

std::vector<ProgrammedMsi> OperatingSystem::apic_messages_for(const Device& device,
                                                              const std::vector<const InterruptDescription*>& vectors) {
  std::vector<ProgrammedMsi> messages;
  for (const InterruptDescription* interrupt : vectors) {
    const auto apic_id = static_cast<std::uint8_t>(interrupt->apic_id);
    messages.push_back({device.node, interrupt->index, software::msi_message(apic_id, interrupt->vector),
                        interrupt->vector, interrupt->apic_id});
  }
  return messages;
}

void OperatingSystem::program_plain_msi(const software::PciFunction& function,
                                        const std::vector<ProgrammedMsi>& messages) {
  // A function makes its messages by counting up from the first: others than that cannot be asked for.
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const interrupts::MsiMessage expected{messages[0].message.address,
                                          messages[0].message.data + static_cast<std::uint32_t>(i)};
    if (messages[i].index != i || !(messages[i].message == expected))
      throw software::DriverError{fmt::format(
          "{}: MSI vectors must be 0, 1, 2, ... with consecutive processor vectors on one processor", function.name())};
  }
  unsigned count = 1;
  while (count < messages.size())
    count *= 2;
  software::program_msi(function, messages[0].message, count);
}

PhysAddr OperatingSystem::cpu_address_of_bar(const Device& device, unsigned bar) const {
  for (const BarDescription& described : device.description->bars) {
    if (described.index != bar || !described.base) continue;
    const std::uint8_t bridge = machine_.topology()[device.node].host_bridge;
    if (const auto address = cpu_address(machine_.bridges()[bridge].outbound, *described.base)) return *address;
  }
  throw software::DriverError{
      fmt::format("{}: BAR {} with the MSI-X table is not reachable", device.description->name, bar)};
}

const ProgrammedMsi* OperatingSystem::programmed_for(pcie::NodeIndex device, unsigned index) const {
  for (const ProgrammedMsi& programmed : programmed_)
    if (programmed.device == device && programmed.index == index) return &programmed;
  return nullptr;
}

}  // namespace iommusim::platforms
