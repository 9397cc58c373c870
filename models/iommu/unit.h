// SPDX-License-Identifier: Apache-2.0
// What every IOMMU can be asked for, whatever its architecture.
#pragma once

#include "base/requester_id.h"
#include "interrupts/msi.h"
#include "iommu/ats.h"
#include "iommu/cache_hits.h"
#include "iommu/fault_cause.h"
#include "iommu/input_space.h"
#include "iommu/stall_verdict.h"
#include "iommu/translation.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::iommu {

/// What a unit has done so far that takes it time.
struct UnitWork {
  /// Entries of its command or invalidation queue that were executed.
  std::uint64_t queue_entries = 0;
  /// Invalidate Requests to devices.
  std::uint64_t device_invalidations = 0;
};

/// One thing that a unit counts.
struct Counter {
  /// Lower case, with underscores: a key of results.json.
  std::string_view name;
  std::uint64_t value = 0;
};

/// Registers, caches, queues and the translation of requests. Plain C++ without a clock.
class Unit {
 public:
  Unit() = default;
  virtual ~Unit() = default;
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  /// Bytes of the register block, a multiple of 4 KiB.
  virtual std::uint64_t register_block_size() const = 0;
  /// Register access, `width` 4 or 8 bytes, aligned. Other widths and misaligned offsets read 0 and write nothing.
  /// Never throws: the values come from software under test. What a write sets in motion, queues too, is done before
  /// the call returns.
  virtual std::uint64_t read_register(std::uint64_t offset, unsigned width) const = 0;
  virtual void write_register(std::uint64_t offset, unsigned width, std::uint64_t value) = 0;

  /// What the unit would do with the request now, without any effect: no cache fill, no fault record, no
  /// replacement update. `fetches` is cleared, then lists what a real request would fetch.
  virtual TranslationResult decide(const TranslationRequest& request, FetchLog& fetches) const = 0;
  /// decide(), and then its effects.
  virtual TranslationResult translate(const TranslationRequest& request, FetchLog& fetches) = 0;
  /// The cache lines that the last translate() found; nullopt when it had to fetch, or refused.
  virtual std::optional<CacheHits> last_hits() const = 0;
  /// A request like the one that found `hits`, to the same 4 KiB page. True: it is answered as that one was, and
  /// counted. False: it has to be decided anew.
  virtual bool repeat(const CacheHits& hits) = 0;

  /// What software said of the stalled request with this tag, once; nullopt: nothing yet, or there is none such.
  virtual std::optional<StallVerdict> take_verdict(std::uint32_t /*tag*/) { return std::nullopt; }

  /// A device asks for a page: it goes into the page request queue, is answered by the unit, or faults.
  virtual void request_page(const PageRequest& request) = 0;
  /// A device's Invalidate Completion for the tags (ITags) of `tag_vector`.
  virtual void complete_invalidation(RequesterId device, std::uint32_t tag_vector) = 0;
  /// Devices owe Invalidate Completions. How long they may, only who has a clock knows: it calls
  /// time_out_invalidations().
  virtual bool waits_for_devices() const = 0;
  virtual void time_out_invalidations() = 0;

  /// Where Invalidate Requests go, with their tag. The device may complete them before the call returns.
  virtual void on_device_invalidation(std::function<void(const DeviceTlbInvalidation&, unsigned tag)> sink) = 0;
  /// Where PRG Responses go.
  virtual void on_page_response(std::function<void(const PageGroupResponse&)> sink) = 0;
  /// Where the unit's own interrupt messages go.
  virtual void on_message(std::function<void(const interrupts::MsiMessage&)> sink) = 0;
  /// Called after any change that may shorten a translation handed out earlier: DMI users withdraw their pointers.
  virtual void on_invalidate(std::function<void()> sink) = 0;

  virtual UnitWork work() const = 0;
  /// Since reset, in the order of reports.
  virtual std::vector<Counter> counters() const = 0;

  /// Addresses below 2^n are all that its tables can translate.
  virtual unsigned input_width() const = 0;
  /// Where decide()'s answers to this requester can change, and what its tables map.
  virtual InputSpace input_space(RequesterId requester) const = 0;
  /// A fetched table entry in words: "present, context table at 0x101467000", "2 MiB page at 0x..., read only".
  virtual std::string describe(const Fetch& fetch) const = 0;
  /// Of a fault with this reason (event code); `other` for one that the unit does not know.
  virtual FaultCause cause_of(std::uint16_t fault_reason) const = 0;
  /// By which the unit looks interrupt requests up in a table of its own; nullptr: it was built without.
  virtual const Rule* interrupt_lookup() const { return nullptr; }
};

}  // namespace iommusim::iommu
