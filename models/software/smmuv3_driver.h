// SPDX-License-Identifier: Apache-2.0
// What an operating system's driver does with one SMMUv3: it brings the unit up, gives domains to streams, maps pages
// and doorbells, serves page requests and stalls. It follows Linux where the architecture leaves a choice.
#pragma once

#include "interrupts/msi.h"
#include "software/guest_memory.h"
#include "software/iommu_driver.h"
#include "software/paging_tables.h"
#include "software/smmuv3_commands.h"
#include "software/smmuv3_context_table.h"
#include "software/smmuv3_events.h"
#include "software/smmuv3_page_requests.h"
#include "software/smmuv3_stream_table.h"
#include "software/smmuv3_table_entries.h"
#include "software/stream_ids.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::software {

struct Smmuv3DriverConfig {
  /// Physical address of register page 0.
  PhysAddr register_base;
  /// Of all translation tables; nullopt: the smallest that the unit has.
  std::optional<smmuv3::Granule> granule;
  /// Empty: StreamIDs are requester IDs.
  std::vector<smmuv3::StreamMapping> streams;
  /// Devices whose transactions can wait while software makes a page. Those on PCIe cannot.
  std::vector<RequesterId> stalling;
  /// Messages of the unit's interrupts, where it can send them. Address 0: the wire.
  interrupts::MsiMessage event_message = {};
  interrupts::MsiMessage error_message = {};
  interrupts::MsiMessage page_request_message = {};
  /// How often a status is read before the driver reports that hardware does not answer.
  unsigned max_polls = 1000;
};

/// Bus and allocator must outlive it.
///
/// A domain of the first stage has its id as ASID, one of the second as VMID. Where the unit lacks the stage that was
/// asked for, its other one does the work, as in Linux. Streams of blocked domains, and of none, are refused without an
/// event. Ranges are whole pages of the granule.
class Smmuv3Driver final : public IommuDriver {
 public:
  /// Discovers the unit: reads its ID registers and changes nothing.
  Smmuv3Driver(CpuBus& bus, PageAllocator& pages, const Smmuv3DriverConfig& config);
  ~Smmuv3Driver() override;
  Smmuv3Driver(const Smmuv3Driver&) = delete;
  Smmuv3Driver& operator=(const Smmuv3Driver&) = delete;

  const Smmuv3Registers& registers() const { return registers_; }

  /// Tables, queues, interrupts. If firmware left translation on, everything is refused from here to enable().
  void prepare() override;
  void enable() override;

  /// `levels`: of tables that are not concatenated; where 16 tables or fewer stand at the top of the second stage, they
  /// are concatenated and save a level.
  DomainId create_domain(DomainKind kind, unsigned levels, Stage stage) override;
  DomainId create_domain(DomainKind kind, Stage stage = Stage::first) { return create_domain(kind, 0, stage); }
  /// As in IommuDriver. The guest's context descriptors lie in its memory, too; ASID and VMID are the domain's id.
  DomainId create_nested_domain(unsigned levels, const Range<PhysAddr>& guest_memory) override;
  /// Its devices must be detached.
  void destroy_domain(DomainId id);
  unsigned width(DomainId domain) const override;

  void attach(DomainId id, RequesterId requester, DeviceTlb device_tlb) override;
  void attach(DomainId id, RequesterId requester) { attach(id, requester, DeviceTlb::no); }
  /// Out of its domain: its requests are refused. Nothing happens when it was in none.
  void detach(RequesterId requester);
  std::optional<DomainId> domain_of(RequesterId requester) const override;
  bool offers_device_tlbs(DomainId domain) const override;
  bool offers_page_requests(DomainId domain) const override;

  std::uint64_t page_size() const override { return std::uint64_t{1} << static_cast<unsigned>(granule_); }
  void map(DomainId domain, const MapRequest& request) override;
  void unmap(DomainId domain, Iova iova, std::uint64_t size, Invalidate invalidate) override;
  /// By pages, where the unit takes ranges or there are few; else all of the domain. What the unit does not carry out
  /// is given up, here and in unmap(): its caches keep what they have.
  void invalidate(DomainId domain, Iova iova, std::uint64_t size) override;

  /// Page requests, then stalled transactions.
  std::uint64_t serve_page_requests(const PageFaultHandler& handler) override;
  FaultReports drain_faults() override { return events_.drain(); }

 private:
  struct Domain {
    DomainKind kind{};
    std::unique_ptr<PagingTables> tables;
    smmuv3::TableGeometry geometry;
    /// Nested: where tables and context descriptors lie, and what maps it.
    std::unique_ptr<GuestMemory> guest = nullptr;
    std::unique_ptr<ContextTable> guest_contexts = nullptr;
    smmuv3::TableGeometry second_geometry = {};
  };
  struct Attachment {
    DomainId domain{};
    DeviceTlb device_tlb = DeviceTlb::no;
    std::uint32_t stream = 0;
    /// Of the first stage.
    std::optional<PhysAddr> context;
  };

  /// CMD_ATC_INV.Size of all addresses: twelve bits of 64 lie inside the smallest page.
  static constexpr unsigned everything = 52;

  // Bringing the unit up.
  void check_capabilities() const;
  void refuse_all();
  void set_control(smmuv3::Control0 value, const std::string& what);
  void set_attributes();
  void start_commands();
  void start_queues();
  void start_interrupts();
  void write_message(smmuv3::RegisterId config_0, const interrupts::MsiMessage& message);

  // Domains and the streams in them.
  Stage available_stage(Stage wanted) const;
  smmuv3::TableGeometry geometry_of(unsigned levels, Stage stage) const;
  DomainId free_domain_id(Stage stage) const;
  const Domain& find(DomainId domain) const;
  void check_attachable(DomainId id, RequesterId requester, std::uint32_t stream) const;
  bool stalls(RequesterId requester) const;
  StreamTarget target_of(DomainId id, const Domain& domain, RequesterId requester, DeviceTlb device_tlb) const;
  std::unique_ptr<PagingFormat> format_of(const smmuv3::TableGeometry& geometry, Stage stage) const;
  ContextTable& contexts_of(const Domain& domain) { return domain.guest ? *domain.guest_contexts : contexts_; }
  std::optional<PhysAddr> context_of(const Domain& domain, const StreamTarget& target, const Attachment* sharing);
  smmuv3::StreamTableEntry entry_of(const Domain& domain, const StreamTarget& target,
                                    std::optional<PhysAddr> context) const;
  /// Of a requester with the StreamID; nullptr: there is none.
  const Attachment* sharing_stream(std::uint32_t stream) const;
  void forget_configuration(std::uint32_t stream);

  // Mappings.
  PagingTables& translating_tables(DomainId id) const;
  Range<Iova> checked_range(DomainId domain, Iova iova, std::uint64_t size) const;
  void check_physical(PhysAddr physical, std::uint64_t size) const;
  void invalidate_unit(DomainId domain, const Range<Iova>& range);
  void put_invalidations(DomainId domain, const Range<Iova>& range);
  smmuv3::TlbCommand page_invalidation(DomainId domain, Iova first) const;
  smmuv3::TlbCommand domain_invalidation(DomainId domain) const;
  void set_tags(smmuv3::TlbCommand& command, DomainId domain) const;
  void invalidate_device_tlbs(DomainId domain, const Range<Iova>& range);

  PageAllocator& pages_;
  Smmuv3DriverConfig config_;
  StreamIds streams_;
  Smmuv3Registers registers_;
  smmuv3::Granule granule_;
  Smmuv3Commands commands_;
  Smmuv3Events events_;
  std::optional<Smmuv3PageRequests> page_requests_;
  ContextTable contexts_;
  /// From prepare() on.
  std::optional<StreamTable> stream_table_;
  smmuv3::Control0 control_;
  std::map<DomainId, Domain> domains_;
  std::map<RequesterId, Attachment> attached_;
};

}  // namespace iommusim::software
