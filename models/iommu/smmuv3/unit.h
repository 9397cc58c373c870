// SPDX-License-Identifier: Apache-2.0
// One SMMUv3: registers, queues, caches and the translation of requests. Plain C++ without a clock.
#pragma once

#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/interrupts.h"
#include "iommu/smmuv3/stalls.h"
#include "iommu/unit.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::smmuv3 {

/// Counters since reset.
struct UnitStatistics {
  std::uint64_t requests = 0;
  /// TLB hits, of which so many in the micro TLB.
  std::uint64_t tlb_hits = 0;
  std::uint64_t micro_tlb_hits = 0;
  std::uint64_t tlb_misses = 0;
  std::uint64_t config_hits = 0;
  std::uint64_t config_misses = 0;
  /// Table entries fetched, of whatever size.
  std::uint64_t fetches = 0;
  /// Requests refused, ignored or stalled, and records that got into the event queue.
  std::uint64_t faults = 0;
  std::uint64_t faults_recorded = 0;
  std::uint64_t stalls = 0;
  std::uint64_t commands = 0;
  /// Invalidate Requests to devices.
  std::uint64_t device_invalidations = 0;
  /// Page requests that got into the queue.
  std::uint64_t page_requests = 0;
};

class Unit final : public iommu::Unit {
 public:
  /// `bus` reaches tables, queues and what CMD_SYNC writes to; it must outlive the unit.
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
  /// With outcome `stalled`, the tag in message_data is to be shown to take_verdict(). Software may have answered
  /// already: the interrupt of the event comes before the call returns.
  iommu::TranslationResult translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) override;
  std::optional<iommu::CacheHits> last_hits() const override;
  bool repeat(const iommu::CacheHits& hits) override;

  /// What software said of a stalled transaction, once; nullopt: nothing yet. A transaction that found no place to wait
  /// has the tag Stalls::no_tag, and is to be retried when there is one.
  std::optional<iommu::StallVerdict> take_verdict(std::uint32_t tag) override;

  void request_page(const iommu::PageRequest& request) override;
  void complete_invalidation(RequesterId device, std::uint32_t tag_vector) override;
  bool waits_for_devices() const override;
  void time_out_invalidations() override;

  void on_device_invalidation(std::function<void(const iommu::DeviceTlbInvalidation&, unsigned tag)> sink) override;
  void on_page_response(std::function<void(const iommu::PageGroupResponse&)> sink) override;
  /// Messages whose address `bus` does not answer.
  void on_message(std::function<void(const interrupts::MsiMessage&)> sink) override;
  /// For the sink of on_message(), while it is called: the message met an external abort.
  void refuse_message();
  /// Where the wires of the four interrupt sources go. A call is a pulse.
  void on_wire(std::function<void(InterruptSource)> sink);
  void on_invalidate(std::function<void()> sink) override;

  iommu::UnitWork work() const override;
  std::vector<iommu::Counter> counters() const override;
  unsigned input_width() const override;
  iommu::InputSpace input_space(RequesterId requester) const override;
  std::string describe(const iommu::Fetch& fetch) const override;
  iommu::FaultCause cause_of(std::uint16_t fault_reason) const override;

  UnitStatistics statistics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace iommusim::smmuv3
