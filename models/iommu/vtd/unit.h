// SPDX-License-Identifier: Apache-2.0
// One VT-d remapping unit: registers, caches, invalidation queue, fault log and the translation of requests.
// Plain C++ without a clock; models/tlm/vtd_module.h gives it time.
#pragma once

#include "base/requester_id.h"
#include "interrupts/msi.h"
#include "iommu/ats.h"
#include "iommu/cache_hits.h"
#include "iommu/translation.h"
#include "iommu/vtd/config.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace iommusim::vtd {

struct InputSpace;

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
};

class Unit {
 public:
  /// `bus` reaches tables, queues and wait-status addresses; it must outlive the unit.
  /// Throws std::invalid_argument when validate(config) finds anything.
  Unit(const UnitConfig& config, memory::PhysicalBus& bus);
  ~Unit();
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  const UnitConfig& config() const;
  /// Bytes of the register block, a multiple of 4 KiB.
  std::uint64_t register_block_size() const;

  /// Register access, `width` 4 or 8 bytes, aligned. Other widths and misaligned offsets read 0 and write nothing.
  /// Never throws: the values come from software under test. Queued invalidation runs before the call returns.
  std::uint64_t read_register(std::uint64_t offset, unsigned width) const;
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value);

  /// What the unit would do with the request now, without any effect: no cache fill, no fault record, no
  /// replacement update. `fetches` is cleared, then lists what a real request would fetch.
  iommu::TranslationResult decide(const iommu::TranslationRequest& request, iommu::FetchLog& fetches) const;
  /// Where decide()'s answers to this requester can change, and what its tables map (vtd/input_space.h).
  InputSpace input_space(RequesterId requester) const;
  /// decide(), and then its effects.
  iommu::TranslationResult translate(const iommu::TranslationRequest& request, iommu::FetchLog& fetches);
  /// The cache lines that the last translate() found; nullopt when it had to fetch, or refused.
  std::optional<iommu::CacheHits> last_hits() const;
  /// A request like the one that found `hits`, to the same 4 KiB page. True: it is answered as that one was, and
  /// counted. False: it has to be decided anew.
  bool repeat(const iommu::CacheHits& hits);

  /// A device asks for a page: it goes into the page request queue, is answered by the unit, or faults.
  void request_page(const iommu::PageRequest& request);
  /// A device's Invalidate Completion for the tags (ITags) of `tag_vector`.
  void complete_invalidation(RequesterId device, std::uint32_t tag_vector);
  /// Devices owe Invalidate Completions. How long they may, only who has a clock knows: it calls
  /// time_out_invalidations().
  bool waits_for_devices() const;
  void time_out_invalidations();

  /// Where Invalidate Requests go, with their tag. The device may complete them before the call returns.
  void on_device_invalidation(std::function<void(const iommu::DeviceTlbInvalidation&, unsigned tag)> sink);
  /// Where PRG Responses go.
  void on_page_response(std::function<void(const iommu::PageGroupResponse&)> sink);
  /// Where the unit's own messages (fault event, invalidation completion event, page request event) go.
  void on_message(std::function<void(const interrupts::MsiMessage&)> sink);
  /// Called after any change that may shorten a translation handed out earlier: DMI users withdraw their pointers.
  void on_invalidate(std::function<void()> sink);

  const UnitStatistics& statistics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace iommusim::vtd
