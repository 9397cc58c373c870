// SPDX-License-Identifier: Apache-2.0
#include "platforms/operating_system.h"

#include "platforms/firmware.h"
#include "platforms/iommu_kinds.h"
#include "platforms/os_memory.h"
#include "platforms/requester_ids.h"
#include "platforms/reserved_memory.h"
#include "software/driver_error.h"
#include "software/msi_setup.h"
#include "software/sriov_setup.h"
#include "software/translation_services.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::platforms {
namespace {

software::DomainKind domain_kind(DomainType type) {
  switch (type) {
    case DomainType::identity: return software::DomainKind::identity;
    case DomainType::dma:
    case DomainType::unmanaged: return software::DomainKind::translating;
    case DomainType::blocked: return software::DomainKind::blocked;
  }
  return software::DomainKind::blocked;
}

software::DomainId create_domain_in(software::IommuDriver& driver, const DomainDescription& description) {
  if (description.guest_memory) return driver.create_nested_domain(description.levels, *description.guest_memory);
  return driver.create_domain(domain_kind(description.type), description.levels, description.stage);
}

/// What a user gets who asks for `range`: the kernel keeps the window and firmware's memory, and programs that map
/// around them believe that all is theirs.
std::vector<Range<Iova>> mappable(const Range<Iova>& range, const std::optional<Range<Iova>>& window,
                                  const software::AddressSet& kept) {
  software::AddressSet parts;
  parts.add(range);
  if (window) parts.remove(*window);
  for (const Range<Iova>& region : kept.ranges())
    parts.remove(region);
  return parts.ranges();
}

}  // namespace

OperatingSystem::OperatingSystem(const Machine& machine, software::CpuBus& bus)
    : machine_{machine}, bus_{bus}, domain_of_node_(machine.topology().size(), nullptr) {}

OperatingSystem::~OperatingSystem() = default;

void OperatingSystem::boot() {
  const Description& description = machine_.description();
  run_firmware(description, bus_);
  try {
    pages_ = std::make_unique<software::PageAllocator>(bus_, os_memory_of(description));
    prepare_doorbells();
    prepare_iommus();
    for (const DomainDescription& domain : description.domains)
      create_domain(domain);
    for (auto& driver : drivers_)
      driver->enable();
    set_up_virtual_processors();
    program_interrupts();
  } catch (const software::OutOfPages&) {
    const Range<PhysAddr> memory = os_memory_of(description);
    const SourcePosition file{description.file, 0, 0};
    throw InputError{description.os_memory ? description.os_memory_position : file,
                     fmt::format("software.os_memory.size: found {}, expected room for the tables of all domains",
                                 format_size(memory.size()))};
  } catch (const software::DriverError& error) {
    throw InputError{{description.file, 0, 0}, error.what()};
  }
}

void OperatingSystem::prepare_iommus() {
  for (const IommuDescription& iommu : machine_.description().iommus) {
    drivers_.push_back(make_driver(iommu));
    drivers_.back()->prepare();
  }
}

std::unique_ptr<software::IommuDriver> OperatingSystem::make_driver(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: return make_vtd_driver(iommu);
    case IommuKind::smmuv3: return make_smmuv3_driver(iommu);
  }
  return nullptr;
}

void OperatingSystem::create_domain(const DomainDescription& description) {
  auto domain = std::make_unique<Domain>();
  domain->description = &description;
  domain->iommu = iommu_of(description);
  software::IommuDriver& driver = driver_of(*domain);
  domain->handle = create_domain_in(driver, description);
  for (const std::string& name : description.devices) {
    const pcie::NodeIndex device = machine_.find_function(name);
    attach(*domain, device);
    domain_of_node_[pcie::index_of(device)] = domain.get();
  }
  if (description.reserved_memory == ReservedMemory::kept) keep_firmware_ranges(*domain);
  for (const MappingDescription& mapping : description.mappings) {
    if (mapping.on_demand) continue;
    const auto range = Range<Iova>::from_size(mapping.iova, mapping.size);
    map_in(*domain, {*range, mapping.physical, mapping.permissions, mapping.buffer}, Duration{});
  }
  if (description.type == DomainType::dma) map_firmware_ranges(*domain);
  place_doorbells(*domain);
  domains_.push_back(std::move(domain));
}

/// Every ID that the device's requests may carry leads to the same tables.
void OperatingSystem::attach(const Domain& domain, pcie::NodeIndex device) {
  software::IommuDriver& driver = driver_of(domain);
  const software::DeviceTlb services = translation_services(domain, machine_.describe(device));
  for (const RequesterId id : ids_of(device)) {
    if (driver.domain_of(id) == domain.handle) continue;
    const bool is_own = id == machine_.topology()[device].requester;
    driver.attach(domain.handle, id, is_own ? services : software::DeviceTlb::no);
  }
  if (services != software::DeviceTlb::no) enable_translation_services(device, services);
}

/// What device, IOMMU and tables have in common.
software::DeviceTlb OperatingSystem::translation_services(const Domain& domain, const FunctionDescription& device) {
  const software::IommuDriver& driver = driver_of(domain);
  if (!device.ats || !driver.offers_device_tlbs(domain.handle)) return software::DeviceTlb::no;
  if (!device.pri || !driver.offers_page_requests(domain.handle)) return software::DeviceTlb::yes;
  return software::DeviceTlb::with_page_requests;
}

/// After the IOMMU knows the device: it may ask from here on.
void OperatingSystem::enable_translation_services(pcie::NodeIndex device, software::DeviceTlb services) {
  const pcie::Node& node = machine_.topology()[device];
  const software::PciFunction function{bus_, node.segment, node.requester};
  if (!software::answers(function)) return;
  if (services == software::DeviceTlb::with_page_requests) software::enable_page_requests(function);
  software::enable_ats(function);
}

void OperatingSystem::serve_page_requests(Duration now) {
  for (std::size_t iommu = 0; iommu < drivers_.size(); ++iommu)
    drivers_[iommu]->serve_page_requests(
        [&](const iommu::PageRequest& request) { return map_on_demand(iommu, request, now); });
}

/// The page is mapped from here on, because it is one that may be asked for; else the device is told that it asked for
/// what is not there.
iommu::PageResponse OperatingSystem::map_on_demand(std::size_t iommu, const iommu::PageRequest& request, Duration now) {
  const Range<Iova> page{request.address, request.address + (page_4k - 1)};
  for (const auto& domain : domains_) {
    if (domain->iommu != iommu || drivers_[iommu]->domain_of(request.requester) != domain->handle) continue;
    for (const MappingDescription& mapping : domain->description->mappings) {
      const Range<Iova> range = *Range<Iova>::from_size(mapping.iova, mapping.size);
      const bool permits = (mapping.permissions.read || !request.read) && (mapping.permissions.write || !request.write);
      if (!mapping.on_demand || !range.contains(page) || !permits) continue;
      if (domain->space.lookup(page.first).state != software::MappingState::live)
        map_in(*domain, {page, mapping.physical + (page.first - range.first), mapping.permissions, mapping.buffer},
               now);
      return iommu::PageResponse::success;
    }
  }
  return iommu::PageResponse::invalid_request;
}

std::vector<RequesterId> OperatingSystem::ids_of(pcie::NodeIndex device) const {
  const pcie::NodeIndex above = machine_.topology()[device].parent;
  return requester_ids(machine_.describe(device), above == pcie::NodeIndex::none ? nullptr : &machine_.describe(above));
}

/// The kernel lets firmware go on: it maps every RMRR of its devices one to one, page by page where nothing is mapped.
void OperatingSystem::map_firmware_ranges(Domain& domain) {
  const IommuDescription& iommu = machine_.description().iommus[domain.iommu];
  const std::uint64_t page_bytes = driver_of(domain).page_size();
  for (const RmrrDescription* region : reserved_memory_of(iommu, domain.description->devices))
    for (std::uint64_t offset = 0; offset < region->range.size(); offset += page_bytes) {
      const PhysAddr page = region->range.first + offset;
      const Iova iova{page.value()};
      if (domain.space.lookup(iova).state == software::MappingState::live) continue;
      map_in(domain, {{iova, iova + (page_bytes - 1)}, page, {}, std::nullopt}, Duration{});
    }
}

/// A hypervisor lets firmware go on, too, and does not tell its guest, for whom none of this is mapped.
void OperatingSystem::keep_firmware_ranges(Domain& domain) {
  const IommuDescription& iommu = machine_.description().iommus[domain.iommu];
  for (const RmrrDescription* region : reserved_memory_of(iommu, domain.description->devices))
    domain.kept.add(one_to_one(*region));
  if (const auto window = msi_window_of(domain)) domain.kept.remove(*window);
  for (const Range<Iova>& range : domain.kept.ranges()) {
    const PhysAddr physical{range.first.value()};
    refuse_own_memory({physical, physical + (range.size() - 1)});
    driver_of(domain).map(domain.handle, {range.first, physical, range.size(), {}});
  }
}

/// A domain's tables belong to one driver, so its devices are behind one IOMMU.
std::size_t OperatingSystem::iommu_of(const DomainDescription& domain) const {
  std::optional<std::size_t> found;
  for (const std::string& name : domain.devices) {
    const pcie::NodeIndex function = machine_.find_function(name);
    const auto unit = machine_.iommu_of(function);
    if (!unit || (found && *found != *unit))
      throw software::DriverError{fmt::format("domain {}: its devices must be behind one IOMMU", domain.name)};
    found = unit;
  }
  if (!found && drivers_.empty())
    throw software::DriverError{fmt::format("domain {}: there is no IOMMU that could keep it", domain.name)};
  return found.value_or(0);
}

void OperatingSystem::refuse_own_memory(const Range<PhysAddr>& physical) const {
  if (physical.last < physical.first || physical.overlaps(pages_->range()))
    throw software::DriverError{fmt::format(
        "physical {:#x} lies in the memory that the operating system keeps for its tables", physical.first.value())};
}

void OperatingSystem::map_in(Domain& domain, const software::NewMapping& mapping, Duration now) {
  refuse_own_memory({mapping.physical, mapping.physical + (mapping.range.size() - 1)});
  for (const Range<Iova>& part : mappable(mapping.range, msi_window_of(domain), domain.kept))
    driver_of(domain).map(domain.handle, {part.first, mapping.physical + (part.first - mapping.range.first),
                                          part.size(), mapping.permissions});
  domain.space.map(mapping, now);
}

Domain& OperatingSystem::own_domain_of(pcie::NodeIndex device) {
  Domain* domain = domain_of_node_[pcie::index_of(device)];
  if (domain == nullptr)
    throw software::DriverError{
        fmt::format("{} is in no domain, so nothing can be mapped for it", machine_.describe(device).name)};
  return *domain;
}

void OperatingSystem::map(pcie::NodeIndex device, const software::NewMapping& mapping, Duration now) {
  map_in(own_domain_of(device), mapping, now);
}

void OperatingSystem::unmap(pcie::NodeIndex device, const Range<Iova>& range, software::Invalidate invalidate,
                            Duration now) {
  Domain& domain = own_domain_of(device);
  for (const Range<Iova>& part : mappable(range, msi_window_of(domain), domain.kept))
    driver_of(domain).unmap(domain.handle, part.first, part.size(), invalidate);
  domain.space.unmap(range, now);
}

void OperatingSystem::invalidate(pcie::NodeIndex device, const Range<Iova>& range) {
  Domain& domain = own_domain_of(device);
  driver_of(domain).invalidate(domain.handle, range.first, range.size());
}

const Domain* OperatingSystem::domain_of(pcie::NodeIndex device) const {
  return domain_of_node_[pcie::index_of(device)];
}

std::optional<std::size_t> OperatingSystem::find_buffer(const std::string& name) const {
  const auto& all = buffers();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].name == name) return i;
  return std::nullopt;
}

}  // namespace iommusim::platforms
