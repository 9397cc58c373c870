// SPDX-License-Identifier: Apache-2.0
// How the operating system gives devices their interrupts: messages in MSI capabilities and MSI-X tables, and behind a
// unit with interrupt remapping the entries that these messages name (VT-d specification, 5.1.5).
#include "iommu/vtd/interrupt_message.h"
#include "platforms/operating_system.h"
#include "platforms/windows.h"
#include "software/driver_error.h"
#include "software/interrupt_setup.h"
#include "software/posted_descriptor.h"
#include "software/sriov_setup.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::platforms {
namespace {

/// Entries of a table that fills its page.
constexpr unsigned least_entries = 256;

}  // namespace

/// A power of two. All vectors of the platform might be behind one unit.
unsigned OperatingSystem::interrupt_entries_of(std::size_t iommu) const {
  if (!machine_.description().iommus[iommu].vtd.interrupt_remapping) return 0;
  unsigned entries = least_entries;
  while (entries < machine_.description().interrupts.size())
    entries *= 2;
  return entries;
}

/// Descriptors are as the unit in extended interrupt mode reads them where there is one.
void OperatingSystem::set_up_virtual_processors() {
  const bool extended = std::any_of(drivers_.begin(), drivers_.end(), [](const auto& driver) {
    return driver->interrupt_remapping() != nullptr && driver->interrupt_remapping()->is_extended();
  });
  for (const VirtualProcessorDescription& processor : machine_.description().virtual_processors)
    software::write_posted_descriptor(bus_, processor.descriptor,
                                      {processor.notification, processor.apic_id, processor.suppressed}, extended);
}

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
  std::vector<ProgrammedMsi> messages;
  for (const InterruptDescription* interrupt : vectors) {
    const auto apic_id = static_cast<std::uint8_t>(interrupt->apic_id);
    messages.push_back({device.node, interrupt->index, software::msi_message(apic_id, interrupt->vector),
                        interrupt->vector, interrupt->apic_id});
  }
  return messages;
}

/// The vectors of a plain MSI differ in the data only, so theirs are entries one after another; so are those of MSI-X,
/// each with a message of its own.
std::vector<ProgrammedMsi> OperatingSystem::remapped_messages_for(
    const Device& device, const std::vector<const InterruptDescription*>& vectors,
    software::InterruptRemapping& remapping) {
  const std::vector<RequesterId> ids = ids_of(device.node);
  const std::uint16_t base = remapping.allocate(static_cast<unsigned>(vectors.size()));
  std::vector<ProgrammedMsi> messages;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const InterruptDescription& interrupt = *vectors[i];
    const auto offset = static_cast<std::uint16_t>(i);
    const auto index = static_cast<std::uint16_t>(base + offset);
    const VirtualProcessorDescription* processor = virtual_processor(interrupt.virtual_processor);
    const std::uint32_t destination = processor != nullptr ? processor->apic_id : interrupt.apic_id;
    const vtd::InterruptRemappingEntry entry =
        processor != nullptr
            ? software::InterruptRemapping::entry(
                  software::PostingTarget{interrupt.vector, processor->descriptor, interrupt.urgent}, ids)
            : remapping.entry(software::InterruptTarget{interrupt.vector, destination}, ids);
    remapping.write(index, entry, true);
    entries_[{*machine_.iommu_of(device.node), index}] = {device.node, interrupt.vector, destination};
    const interrupts::MsiMessage message =
        device.description->msix ? vtd::remappable_message(index) : vtd::remappable_message(base, offset);
    messages.push_back({device.node, interrupt.index, message, interrupt.vector, destination});
  }
  return messages;
}

const VirtualProcessorDescription* OperatingSystem::virtual_processor(const std::string& name) const {
  for (const VirtualProcessorDescription& processor : machine_.description().virtual_processors)
    if (processor.name == name) return &processor;
  return nullptr;
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

software::InterruptRemapping* OperatingSystem::remapping_above(pcie::NodeIndex device) const {
  const auto unit = machine_.iommu_of(device);
  return unit ? drivers_[*unit]->interrupt_remapping() : nullptr;
}

software::InterruptRemapping& OperatingSystem::required_remapping_above(pcie::NodeIndex device) const {
  if (software::InterruptRemapping* remapping = remapping_above(device)) return *remapping;
  throw software::DriverError{fmt::format("no IOMMU above {} has interrupt remapping", machine_.describe(device).name)};
}

void OperatingSystem::program_entry(pcie::NodeIndex device, std::uint32_t index,
                                    const vtd::InterruptRemappingEntry& entry, bool invalidate) {
  using Entry = vtd::InterruptRemappingEntry;
  software::InterruptRemapping& remapping = required_remapping_above(device);
  remapping.write(index, entry, invalidate);
  const std::pair place{*machine_.iommu_of(device), index};
  if (!entry.get<Entry::P>()) {
    entries_.erase(place);
    return;
  }
  std::uint32_t destination = remapping.is_extended() ? entry.get<Entry::DST>() : entry.get<Entry::DST8>();
  for (const VirtualProcessorDescription& processor : machine_.description().virtual_processors)
    if (entry.get<Entry::IM>() && entry.posted_descriptor() == processor.descriptor) destination = processor.apic_id;
  entries_[place] = {device, entry.get<Entry::V>(), destination};
}

void OperatingSystem::switch_interrupt_remapping(pcie::NodeIndex device, bool on) {
  required_remapping_above(device).switch_on(on);
}

const ProgrammedEntry* OperatingSystem::entry_for(pcie::NodeIndex device, const interrupts::MsiMessage& message) const {
  const vtd::RemappableAddress address{message.address.value()};
  const bool remappable = interrupts::local_apic_window.contains(message.address) &&
                          address.get<vtd::RemappableAddress::Format>() && remapping_above(device) != nullptr;
  if (!remappable) return nullptr;
  const std::uint32_t index = vtd::interrupt_index(address, vtd::RemappableData{message.data});
  const auto found = entries_.find({*machine_.iommu_of(device), index});
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace iommusim::platforms
