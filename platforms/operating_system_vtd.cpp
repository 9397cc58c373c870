// SPDX-License-Identifier: Apache-2.0
// The operating system on VT-d units: their driver, and with interrupt remapping the entries that messages name
// (VT-d specification, 5.1.5).
#include "iommu/vtd/interrupt_message.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "platforms/iommu_kinds.h"
#include "platforms/operating_system.h"
#include "software/driver_error.h"
#include "software/interrupt_remapping.h"
#include "software/interrupt_setup.h"
#include "software/posted_descriptor.h"
#include "software/vtd_driver.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::platforms {
namespace {

// Vectors of the units' own events, as Linux gives them above its device vectors.
constexpr std::uint8_t fault_event_vector = 0xF0;
constexpr std::uint8_t page_request_vector = 0xF1;

/// Entries of a table that fills its page.
constexpr unsigned least_entries = 256;

/// A power of two. All vectors of the platform might be behind one unit.
unsigned interrupt_entries_of(const Description& description, const IommuDescription& iommu) {
  if (!iommu.vtd.interrupt_remapping) return 0;
  unsigned entries = least_entries;
  while (entries < description.interrupts.size())
    entries *= 2;
  return entries;
}

}  // namespace

std::unique_ptr<software::IommuDriver> OperatingSystem::make_vtd_driver(const IommuDescription& iommu) {
  software::VtdDriverConfig config;
  config.register_base = register_base(iommu);
  config.fault_event = software::msi_message(0, fault_event_vector);
  config.page_request_event = software::msi_message(0, page_request_vector);
  config.interrupt_entries = interrupt_entries_of(machine_.description(), iommu);
  for (const MemoryDescription& bank : machine_.description().memories)
    config.identity_ranges.push_back(bank.range);
  return std::make_unique<software::VtdDriver>(bus_, *pages_, config);
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

void OperatingSystem::take_posted_interrupts(const VirtualProcessorDescription& processor) {
  software::take_posted_requests(bus_, processor.descriptor);
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
