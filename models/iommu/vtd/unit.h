// SPDX-License-Identifier: Apache-2.0
// One VT-d remapping unit: registers, caches, invalidation queue, fault log and the translation of requests.
// Plain C++ without a clock; models/tlm/iommu_module.h gives it time.
#pragma once

#include "base/requester_id.h"
#include "interrupts/msi.h"
#include "iommu/ats.h"
#include "iommu/cache_hits.h"
#include "iommu/translation.h"
#include "iommu/unit.h"
#include "iommu/vtd/config.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::vtd {

/// Counters since reset.
struct UnitStatistics {
  std::uint64_t requests = 0;
  std::uint64_t iotlb_hits = 0;
  std::uint64_t iotlb_misses = 0;
  std::uint64_t context_hits = 0;
  std::uint64_t context_misses = 0;
  std::uint64_t pasid_hits = 0;
  std::uint64_t pasid_misses = 0;
  /// Table entries fetched, of whatever size.
  std::uint64_t fetches = 0;
  std::uint64_t faults = 0;
  std::uint64_t faults_recorded = 0;
  std::uint64_t invalidation_descriptors = 0;
  /// Invalidate Requests to devices.
  std::uint64_t device_invalidations = 0;
  /// Page requests that got into the queue.
  std::uint64_t page_requests = 0;
  /// Interrupt requests are counted among `requests`; these are the lookups of their entries.
  std::uint64_t interrupt_entry_hits = 0;
  std::uint64_t interrupt_entry_misses = 0;
  /// Interrupts taken down in descriptors, and notifications sent for them.
  std::uint64_t posted_interrupts = 0;
  std::uint64_t notifications = 0;
};

class Unit final : public iommu::Unit {
 public:
  /// `bus` reaches tables, queues and wait-status addresses; it must outlive the unit.
  /// Throws std::invalid_argument when find_impossible(config) finds anything.
  Unit(const UnitConfig& config, memory::PhysicalBus& bus);
  ~Unit() override;
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  const UnitConfig& config() const;
  std::uint64_t register_block_size() const override;

  std::uint64_t read_register(std::uint64_t offset, unsigned width) const override;
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value) override;

  iommu::TranslationResult decide(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) const override;
  iommu::TranslationResult translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) override;
  std::optional<iommu::CacheHits> last_hits() const override;
  bool repeat(const iommu::CacheHits& hits) override;

  void request_page(const iommu::PageRequest& request) override;
  void complete_invalidation(RequesterId device, std::uint32_t tag_vector) override;
  bool waits_for_devices() const override;
  void time_out_invalidations() override;

  void on_device_invalidation(std::function<void(const iommu::DeviceTlbInvalidation&, unsigned tag)> sink) override;
  void on_page_response(std::function<void(const iommu::PageGroupResponse&)> sink) override;
  void on_message(std::function<void(const interrupts::MsiMessage&)> sink) override;
  void on_invalidate(std::function<void()> sink) override;

  const UnitStatistics& statistics() const;
  iommu::UnitWork work() const override;
  std::vector<iommu::Counter> counters() const override;

  unsigned input_width() const override;
  iommu::InputSpace input_space(RequesterId requester) const override;
  std::string describe(const iommu::Fetch& fetch) const override;
  iommu::FaultCause cause_of(std::uint16_t fault_reason) const override;
  const Rule* interrupt_lookup() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace iommusim::vtd
