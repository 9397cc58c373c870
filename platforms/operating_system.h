// SPDX-License-Identifier: Apache-2.0
// The software of a platform: firmware, IOMMU drivers, domains, interrupts; and what it believes of all that.
// It reaches hardware through a CpuBus and nothing else.
#pragma once

#include "interrupts/msi.h"
#include "platforms/description.h"
#include "platforms/machine.h"
#include "software/address_set.h"
#include "software/address_space.h"
#include "software/cpu_bus.h"
#include "software/doorbell_pages.h"
#include "software/gicv2m_driver.h"
#include "software/iommu_driver.h"
#include "software/iova_allocator.h"
#include "software/its_driver.h"
#include "software/mbi_driver.h"
#include "software/msi_setup.h"
#include "software/page_allocator.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iommusim::vtd {
struct InterruptRemappingEntry;
}  // namespace iommusim::vtd

namespace iommusim::platforms {

/// A CpuBus that leads to another one, which can be exchanged: software boots on the machine itself and goes on through
/// the simulated processor.
class SwitchableBus final : public software::CpuBus {
 public:
  explicit SwitchableBus(software::CpuBus& target) : target_{&target} {}
  void lead_to(software::CpuBus& target) { target_ = &target; }

  void load(PhysAddr address, void* to, std::size_t size) override { target_->load(address, to, size); }
  void store(PhysAddr address, const void* from, std::size_t size) override { target_->store(address, from, size); }
  std::uint32_t config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) override {
    return target_->config_read(segment, function, offset, width);
  }
  void config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                    std::uint32_t value) override {
    target_->config_write(segment, function, offset, width, value);
  }

 private:
  software::CpuBus* target_;
};

/// A domain as the operating system keeps it.
struct Domain {
  const DomainDescription* description = nullptr;
  std::size_t iommu = 0;
  software::DomainId handle{};
  /// What is mapped, as software believes. Empty for identity and blocked domains. Doorbells are not in it.
  software::AddressSpace space;
  /// Firmware's memory that stays mapped one to one in a user's domain. It is not in `space` either.
  software::AddressSet kept;
  /// What the DMA API can still give out where an IOMMU translates messages: a domain of the kernel.
  std::optional<software::IovaAllocator> iovas;
  /// nullopt: devices send to doorbells' physical addresses.
  std::optional<software::DoorbellPages> doorbells;
};

/// A message that a driver programmed into a device.
struct ProgrammedMsi {
  pcie::NodeIndex device = pcie::NodeIndex::none;
  unsigned index = 0;
  interrupts::MsiMessage message;
  /// What it is to raise: on a processor, or in a virtual one that this processor is notified of. Of a GIC: the INTID.
  std::uint32_t vector = 0;
  std::uint32_t destination = 0;
};

/// An entry of an interrupt remapping table that software wrote for messages of a device.
struct ProgrammedEntry {
  pcie::NodeIndex device = pcie::NodeIndex::none;
  std::uint8_t vector = 0;
  std::uint32_t destination = 0;
};

class OperatingSystem {
 public:
  /// Both must outlive it.
  OperatingSystem(const Machine& machine, software::CpuBus& bus);
  ~OperatingSystem();
  OperatingSystem(const OperatingSystem&) = delete;
  OperatingSystem& operator=(const OperatingSystem&) = delete;

  /// Firmware, then IOMMUs, domains, mappings and interrupts, as described. Throws InputError when the hardware cannot
  /// do what was described.
  void boot();
  /// All software goes on through `bus`.
  void use_bus(software::CpuBus& bus) { bus_.lead_to(bus); }

  /// Operations of a trace, in the domain of `device`. Throw software::DriverError for what is impossible.
  void map(pcie::NodeIndex device, const software::NewMapping& mapping, Duration now);
  void unmap(pcie::NodeIndex device, const Range<Iova>& range, software::Invalidate invalidate, Duration now);
  void invalidate(pcie::NodeIndex device, const Range<Iova>& range);

  /// The interrupt of a page request arrived: what devices ask for is mapped where the platform says so, and answered.
  void serve_page_requests(Duration now);
  /// The processor that was notified for this virtual one has handled that: it takes over what the descriptor holds,
  /// and clears ON, so that what is posted next notifies again.
  void take_posted_interrupts(const VirtualProcessorDescription& processor);
  /// Writes entry `index` of the interrupt remapping table of the IOMMU above `device`, for messages of this device.
  /// `invalidate`: and has the unit forget what it held. Throws software::DriverError where nothing is remapped.
  void program_entry(pcie::NodeIndex device, std::uint32_t index, const vtd::InterruptRemappingEntry& entry,
                     bool invalidate);
  /// GCMD.IRE of the IOMMU above `device`.
  void switch_interrupt_remapping(pcie::NodeIndex device, bool on);

  software::CpuBus& bus() { return bus_; }

  /// nullptr: no domain; behind an IOMMU such a device may reach nothing.
  const Domain* domain_of(pcie::NodeIndex device) const;
  const std::vector<std::unique_ptr<Domain>>& domains() const { return domains_; }
  /// IOVAs below 2^width can be mapped in the domain.
  unsigned iova_width(const Domain& domain) const { return drivers_[domain.iommu]->width(domain.handle); }
  const std::vector<ProgrammedMsi>& programmed() const { return programmed_; }
  /// What the driver of `device` programmed for its vector `index`.
  const ProgrammedMsi* programmed_for(pcie::NodeIndex device, unsigned index) const;
  /// The entry that a message in remappable format names, in the table of the IOMMU above `device`; nullptr: software
  /// wrote none.
  const ProgrammedEntry* entry_for(pcie::NodeIndex device, const interrupts::MsiMessage& message) const;
  /// Where messages of a user-owned domain's devices go in, so that its user can map nothing; nullopt: another domain,
  /// or one whose devices send to local APICs.
  std::optional<Range<Iova>> msi_window_of(const Domain& domain) const;
  const std::vector<BufferDescription>& buffers() const { return machine_.description().buffers; }
  std::optional<std::size_t> find_buffer(const std::string& name) const;

 private:
  void prepare_iommus();
  std::unique_ptr<software::IommuDriver> make_driver(const IommuDescription& iommu);
  std::unique_ptr<software::IommuDriver> make_vtd_driver(const IommuDescription& iommu);
  std::unique_ptr<software::IommuDriver> make_smmuv3_driver(const IommuDescription& iommu);
  void prepare_doorbells();
  void create_domain(const DomainDescription& description);
  void map_firmware_ranges(Domain& domain);
  void keep_firmware_ranges(Domain& domain);
  std::size_t iommu_of(const DomainDescription& domain) const;
  void attach(const Domain& domain, pcie::NodeIndex device);
  software::DeviceTlb translation_services(const Domain& domain, const FunctionDescription& device);
  void enable_translation_services(pcie::NodeIndex device, software::DeviceTlb services);
  iommu::PageResponse map_on_demand(std::size_t iommu, const iommu::PageRequest& request, Duration now);
  void set_up_virtual_processors();
  void program_interrupts();
  void program_device_interrupts(const Device& device);
  /// Messages for the vectors of a device, in the order of `vectors`; remapping table entries where there is a table.
  std::vector<ProgrammedMsi> messages_for(const Device& device,
                                          const std::vector<const InterruptDescription*>& vectors);
  static std::vector<ProgrammedMsi> apic_messages_for(const Device& device,
                                                      const std::vector<const InterruptDescription*>& vectors);
  std::vector<ProgrammedMsi> its_messages_for(const Device& device,
                                              const std::vector<const InterruptDescription*>& vectors);
  std::vector<ProgrammedMsi> spi_messages_for(const Device& device,
                                              const std::vector<const InterruptDescription*>& vectors);
  software::SpiPool& spis_of(DoorbellKind doorbell);
  /// Messages for `count` interrupts of the unit's own, at physical addresses: nobody translates them. The unit has a
  /// doorbell.
  std::vector<interrupts::MsiMessage> unit_messages_for(const IommuDescription& iommu, unsigned count);
  std::uint32_t device_id_of(pcie::NodeIndex device) const;
  std::uint32_t events_of(std::uint32_t device_id) const;
  /// The message with the address at which the device finds the doorbell.
  interrupts::MsiMessage through_iommu(pcie::NodeIndex device, const interrupts::MsiMessage& message);
  void place_doorbells(Domain& domain);
  software::AddressSet free_iovas(const Domain& domain) const;
  std::vector<ProgrammedMsi> remapped_messages_for(const Device& device,
                                                   const std::vector<const InterruptDescription*>& vectors,
                                                   software::InterruptRemapping& remapping);
  const VirtualProcessorDescription* virtual_processor(const std::string& name) const;
  software::InterruptRemapping* remapping_above(pcie::NodeIndex device) const;
  software::InterruptRemapping& required_remapping_above(pcie::NodeIndex device) const;
  std::vector<RequesterId> ids_of(pcie::NodeIndex device) const;
  static void program_plain_msi(const software::PciFunction& function, const std::vector<ProgrammedMsi>& messages);
  /// Devices get no part of the memory that tables lie in.
  void refuse_own_memory(const Range<PhysAddr>& physical) const;
  void map_in(Domain& domain, const software::NewMapping& mapping, Duration now);
  Domain& own_domain_of(pcie::NodeIndex device);
  software::IommuDriver& driver_of(const Domain& domain) { return *drivers_[domain.iommu]; }
  PhysAddr cpu_address_of_bar(const Device& device, unsigned bar) const;

  const Machine& machine_;
  SwitchableBus bus_;
  std::unique_ptr<software::PageAllocator> pages_;
  std::vector<std::unique_ptr<software::IommuDriver>> drivers_;
  std::unique_ptr<software::ItsDriver> its_;
  std::unique_ptr<software::Gicv2mDriver> gicv2m_;
  std::unique_ptr<software::MbiDriver> mbi_;
  /// Of each DeviceID: the event that is free next.
  std::map<std::uint32_t, std::uint32_t> next_event_;
  std::vector<std::unique_ptr<Domain>> domains_;
  /// By node index.
  std::vector<Domain*> domain_of_node_;
  std::vector<ProgrammedMsi> programmed_;
  /// By IOMMU and index.
  std::map<std::pair<std::size_t, std::uint32_t>, ProgrammedEntry> entries_;
};

}  // namespace iommusim::platforms
