// SPDX-License-Identifier: Apache-2.0
// What every IOMMU can be asked for, whatever its architecture.
#pragma once

#include "base/requester_id.h"
#include "interrupts/msi.h"
#include "iommu/ats.h"
#include "iommu/cache_hits.h"
#include "iommu/translation.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace iommusim::iommu {

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
};

}  // namespace iommusim::iommu
