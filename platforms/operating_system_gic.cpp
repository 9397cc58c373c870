// SPDX-License-Identifier: Apache-2.0
// The operating system on a GIC: it gives devices events or SPIs, and finds an IOVA for the doorbell where an IOMMU
// translates messages. It follows Linux: a domain of the DMA API gets a page like any other buffer's, a user-owned one
// the next page of a fixed window.
#include "base/address_width.h"
#include "platforms/addressing_facts.h"
#include "platforms/operating_system.h"
#include "platforms/reserved_memory.h"
#include "software/driver_error.h"
#include "software/software_views.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::platforms {
namespace {

/// Vectors that a function signals: a plain MSI has a power of two.
unsigned room_for(const std::vector<const InterruptDescription*>& vectors, bool plain) {
  unsigned room = 0;
  for (const InterruptDescription* interrupt : vectors)
    room = std::max(room, interrupt->index + 1);
  unsigned power = 1;
  while (power < room)
    power *= 2;
  return plain ? power : room;
}

bool is_plain(const Device& device) {
  return !device.description->msix;
}

}  // namespace

void OperatingSystem::prepare_doorbells() {
  if (!machine_.description().gic) return;
  const GicDescription& gic = *machine_.description().gic;
  if (gic.its) {
    software::ItsDriverConfig config;
    config.its_base = gic.its->register_base;
    config.redistributor_base = gic.redistributors->register_base;
    config.interrupt_bits = gic.its->interrupt_bits;
    its_ = std::make_unique<software::ItsDriver>(bus_, *pages_, config);
    its_->enable();
  }
  if (gic.gicv2m) gicv2m_ = std::make_unique<software::Gicv2mDriver>(bus_, gic.gicv2m->register_base);
  if (gic.mbi) mbi_ = std::make_unique<software::MbiDriver>(bus_, gic.mbi->register_base, gic.mbi->ranges);
}

/// As firmware's tables have it for the ID that software asks for.
std::uint32_t OperatingSystem::device_id_of(pcie::NodeIndex device) const {
  const std::vector<RequesterId> ids = ids_of(device);
  const bool own = machine_.description().message_id == MessageId::own;
  const auto found = machine_.its()->device_of(own ? ids.front() : ids.back());
  if (!found)
    throw software::DriverError{
        fmt::format("{}: gic.its.devices gives its requester ID no DeviceID", machine_.describe(device).name)};
  return *found;
}

/// All events that functions with this DeviceID need: they share one table.
std::uint32_t OperatingSystem::events_of(std::uint32_t device_id) const {
  std::uint32_t events = 0;
  for (const Device& device : machine_.devices()) {
    std::vector<const InterruptDescription*> vectors;
    for (const InterruptDescription& interrupt : machine_.description().interrupts)
      if (interrupt.device == device.description->name) vectors.push_back(&interrupt);
    if (vectors.empty() || machine_.doorbell_of(device.node).kind != DoorbellKind::its) continue;
    if (device_id_of(device.node) != device_id) continue;
    const unsigned room = room_for(vectors, is_plain(device));
    // The events of a plain MSI begin at a multiple of their number.
    events = is_plain(device) ? (events + room - 1) / room * room : events;
    events += room;
  }
  return events;
}

std::vector<ProgrammedMsi> OperatingSystem::its_messages_for(const Device& device,
                                                             const std::vector<const InterruptDescription*>& vectors) {
  const std::uint32_t id = device_id_of(device.node);
  if (!its_->has_device(id)) its_->add_device(id, events_of(id));
  const unsigned room = room_for(vectors, is_plain(device));
  std::uint32_t& next = next_event_[id];
  const std::uint32_t base = is_plain(device) ? (next + room - 1) / room * room : next;
  next = base + room;
  std::vector<ProgrammedMsi> messages;
  for (const InterruptDescription* interrupt : vectors) {
    const std::uint32_t event = base + interrupt->index;
    const software::ItsVector vector = its_->map_vector(id, event, interrupt->processor);
    its_->set_masked(id, event, false);
    messages.push_back(
        {device.node, interrupt->index, through_iommu(device.node, vector.message), vector.intid, vector.processor});
  }
  return messages;
}

software::SpiPool& OperatingSystem::spis_of(DoorbellKind doorbell) {
  return doorbell == DoorbellKind::mbi ? mbi_->pool() : gicv2m_->pool();
}

std::vector<interrupts::MsiMessage> OperatingSystem::unit_messages_for(const IommuDescription& iommu, unsigned count) {
  std::vector<interrupts::MsiMessage> messages;
  if (iommu.doorbell == DoorbellKind::its) {
    its_->add_device(*iommu.device_id, count);
    for (unsigned event = 0; event < count; ++event) {
      messages.push_back(its_->map_vector(*iommu.device_id, event, 0).message);
      its_->set_masked(*iommu.device_id, event, false);
    }
    return messages;
  }
  for (unsigned i = 0; i < count; ++i)
    messages.push_back(spis_of(*iommu.doorbell).allocate(1).first);
  return messages;
}

std::vector<ProgrammedMsi> OperatingSystem::spi_messages_for(const Device& device,
                                                             const std::vector<const InterruptDescription*>& vectors) {
  // SPIs come in powers of two.
  const software::SpiVectors spis = spis_of(machine_.doorbell_of(device.node).kind).allocate(room_for(vectors, true));
  const interrupts::MsiMessage first = through_iommu(device.node, spis.first);
  std::vector<ProgrammedMsi> messages;
  messages.reserve(vectors.size());
  for (const InterruptDescription* interrupt : vectors)
    messages.push_back({device.node,
                        interrupt->index,
                        {first.address, first.data + interrupt->index},
                        spis.intid + interrupt->index,
                        0});
  return messages;
}

interrupts::MsiMessage OperatingSystem::through_iommu(pcie::NodeIndex device, const interrupts::MsiMessage& message) {
  Domain* const domain = domain_of_node_[pcie::index_of(device)];
  if (domain == nullptr || !domain->doorbells) return message;
  const Iova last = last_of_width<Iova>(machine_.describe(device).dma_bits);
  try {
    return {BusAddr{domain->doorbells->address_of(PhysAddr{message.address.value()}, last).value()}, message.data};
  } catch (const software::DriverError& error) {
    throw software::DriverError{fmt::format("domain {}: {}", domain->description->name, error.what())};
  }
}

void OperatingSystem::place_doorbells(Domain& domain) {
  const DomainDescription& description = *domain.description;
  if (!machine_.description().gic || description.devices.empty()) return;
  software::IommuDriver& driver = driver_of(domain);
  if (const auto window = msi_window_of(domain)) domain.doorbells.emplace(driver, domain.handle, *window);
  if (description.type != DomainType::dma) return;
  if (const auto page = description.doorbell_iova) {
    domain.doorbells.emplace(driver, domain.handle, Range<Iova>{*page, *page + (driver.page_size() - 1)});
    return;
  }
  domain.iovas.emplace(free_iovas(domain), driver.page_size());
  domain.doorbells.emplace(driver, domain.handle, *domain.iovas);
}

/// The windows above the domain's first device count for all.
software::AddressSet OperatingSystem::free_iovas(const Domain& domain) const {
  const DomainDescription& description = *domain.description;
  software::AddressingFacts facts = addressing_facts(machine_, machine_.find_function(description.devices.front()));
  facts.domain_bits = iova_width(domain);
  // Every device has a mask of its own.
  facts.device_bits = 64;
  software::AddressSet free = software::views_behind_iommu(facts).dma_api;
  for (const MappingDescription& mapping : description.mappings)
    free.remove(*Range<Iova>::from_size(mapping.iova, mapping.size));
  for (const RmrrDescription* region :
       reserved_memory_of(machine_.description().iommus[domain.iommu], description.devices))
    free.remove(one_to_one(*region));
  return free;
}

std::optional<Range<Iova>> OperatingSystem::msi_window_of(const Domain& domain) const {
  if (domain.description->type != DomainType::unmanaged || !machine_.description().gic) return std::nullopt;
  return machine_.description().msi_window;
}

}  // namespace iommusim::platforms
