// SPDX-License-Identifier: Apache-2.0
// What an operating system's driver does with one VT-d unit: it enables the unit, in scalable mode where it is offered,
// gives domains to devices, maps pages and serves page requests. VT-d specification, 6.5; it follows Linux where the
// specification leaves a choice.
#pragma once

#include "base/range.h"
#include "base/requester_id.h"
#include "interrupts/msi.h"
#include "software/device_tables.h"
#include "software/guest_memory.h"
#include "software/interrupt_remapping.h"
#include "software/invalidate.h"
#include "software/invalidation_submitter.h"
#include "software/iommu_driver.h"
#include "software/page_allocator.h"
#include "software/page_request_service.h"
#include "software/paging_tables.h"
#include "software/permissions.h"
#include "software/remapping_registers.h"
#include "software/vtd_fault_log.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::software {

struct VtdDriverConfig {
  /// Physical address of the unit's register block.
  PhysAddr register_base;
  /// Message of the fault event.
  interrupts::MsiMessage fault_event;
  /// RAM that identity domains reach on units without pass-through. Widened to whole pages.
  std::vector<Range<PhysAddr>> identity_ranges;
  /// Entries of the interrupt remapping table, where the unit has interrupt remapping; a power of two, 2 to 65536. 0:
  /// interrupts are not remapped.
  unsigned interrupt_entries = 0;
  /// How often a status is read before the driver reports that hardware does not answer.
  unsigned max_polls = 1000;
  /// Message of the page request event.
  interrupts::MsiMessage page_request_event = {};
};

/// Bus and allocator must outlive it.
///
/// An identity domain is pass-through if the unit has it (ECAP.PT), else large pages over identity_ranges. As in Linux
/// the context entries of a blocked domain are not present: every request faults with reason 2, or with reason 1 on a
/// bus that never had a device in another domain. Domain-id (DID) 0 is never given out: with CAP.CM the unit tags
/// cached faults with it.
class VtdDriver final : public IommuDriver {
 public:
  /// Discovers the unit: reads its capabilities and changes nothing.
  VtdDriver(CpuBus& bus, PageAllocator& pages, const VtdDriverConfig& config);
  ~VtdDriver() override;
  VtdDriver(const VtdDriver&) = delete;
  VtdDriver& operator=(const VtdDriver&) = delete;

  const vtd::Capability& capability() const { return registers_.capability(); }
  const vtd::ExtendedCapability& extended_capability() const { return registers_.extended_capability(); }

  /// Fault event, invalidation queue, interrupt remapping, root table.
  void prepare() override;
  /// Protected memory goes off, too.
  void enable() override;

  /// `levels`: 3, 4 or 5; first-stage 4 or 5. The first stage needs scalable mode.
  DomainId create_domain(DomainKind kind, unsigned levels, Stage stage) override;
  DomainId create_domain(DomainKind kind, unsigned levels = 0) { return create_domain(kind, levels, Stage::second); }
  /// Needs scalable mode and ECAP.NEST.
  DomainId create_nested_domain(unsigned levels, const Range<PhysAddr>& guest_memory) override;
  /// Its devices must be detached.
  void destroy_domain(DomainId id);
  unsigned width(DomainId domain) const override;

  void attach(DomainId id, RequesterId requester, DeviceTlb device_tlb) override;
  void attach(DomainId id, RequesterId requester) { attach(id, requester, DeviceTlb::no); }
  bool offers_device_tlbs(DomainId domain) const override;
  bool offers_page_requests(DomainId domain) const override;
  /// Out of its domain: its requests fault. Nothing happens when it was in none.
  void detach(RequesterId requester);
  std::optional<DomainId> domain_of(RequesterId requester) const override;

  void map(DomainId domain, const MapRequest& request) override;
  void unmap(DomainId domain, Iova iova, std::uint64_t size, Invalidate invalidate) override;
  /// The smallest aligned block around the range; the unit the whole domain when the block is larger than it can name
  /// (CAP.PSI, CAP.MAMV). What the unit does not carry out (its queue is off, or it refuses the descriptor) is given
  /// up, here and in unmap(): its caches keep what they have.
  void invalidate(DomainId domain, Iova iova, std::uint64_t size) override;

  std::uint64_t serve_page_requests(const PageFaultHandler& handler) override;

  InterruptRemapping* interrupt_remapping() override { return interrupts_ ? &*interrupts_ : nullptr; }
  const InterruptRemapping* interrupt_remapping() const { return interrupts_ ? &*interrupts_ : nullptr; }

  FaultReports drain_faults() override { return software::drain_faults(registers_); }

 private:
  struct Domain {
    DomainKind kind;
    unsigned levels;
    std::unique_ptr<PagingTables> tables;
    /// Nested: where the tables lie.
    std::unique_ptr<GuestMemory> guest = nullptr;
  };

  void start_interrupt_remapping();
  void program_root_table();
  void program_fault_event();
  void disable_protected_memory();

  // Domains and the devices in them.
  unsigned checked_levels(unsigned levels) const;
  unsigned checked_first_stage_levels(unsigned levels) const;
  unsigned width_of_levels(unsigned levels) const;
  DomainId free_domain_id() const;
  const Domain& find(DomainId domain) const;
  std::unique_ptr<PagingTables> make_tables(unsigned levels);
  std::unique_ptr<PagingTables> make_first_stage_tables(unsigned levels, PageAllocator& pages);
  std::unique_ptr<PagingTables> make_identity_tables(unsigned levels);
  TableTarget target_of(DomainId id, const Domain& domain, DeviceTlb device_tlb) const;
  bool is_scalable() const { return device_tables_ && device_tables_->mode() == vtd::TableMode::scalable; }
  void invalidate_pasids(DomainId domain);
  void invalidate_context(DomainId tag, RequesterId requester);

  // Mappings.
  const Domain& translating_domain(DomainId id) const;
  static void map_in(const Domain& domain, const Range<Iova>& range, const MapRequest& request);
  Range<Iova> checked_range(DomainId domain, Iova iova, std::uint64_t size) const;
  void invalidate_block(DomainId domain, const Range<Iova>& range);
  void invalidate_domain(DomainId domain);
  void invalidate_device_tlbs(DomainId domain, const Range<Iova>& range);
  void invalidate_device_tlb(RequesterId requester, const Range<Iova>& block);
  void submit(DomainId domain, const vtd::IotlbInvalidation& request, const Range<Iova>& forgotten);

  PageAllocator& pages_;
  VtdDriverConfig config_;
  RemappingRegisters registers_;
  std::unique_ptr<InvalidationSubmitter> invalidation_;
  std::optional<InterruptRemapping> interrupts_;
  /// From prepare() on.
  std::unique_ptr<DeviceTables> device_tables_;
  std::unique_ptr<PageRequestService> page_requests_;
  std::map<DomainId, Domain> domains_;
  struct Attachment {
    DomainId domain;
    DeviceTlb device_tlb;
  };
  std::map<RequesterId, Attachment> attached_;
};

}  // namespace iommusim::software
