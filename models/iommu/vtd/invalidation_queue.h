// SPDX-License-Identifier: Apache-2.0
// The invalidation queue (VT-d specification, 6.5.2): descriptors in memory, fetched and executed in order.
#pragma once

#include "iommu/device_invalidations.h"
#include "iommu/vtd/config.h"
#include "iommu/vtd/event_interrupt.h"
#include "iommu/vtd/fault_recording.h"
#include "iommu/vtd/invalidation_descriptor.h"
#include "iommu/vtd/page_request_queue.h"
#include "iommu/vtd/register_file.h"
#include "iommu/vtd/translate.h"
#include "iommu/vtd/translation_caches.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <deque>
#include <functional>

namespace iommusim::vtd {

/// Takes an Invalidate Request with its tag (ITag). The device may complete it before the call returns.
using DeviceInvalidationSink = std::function<void(const iommu::DeviceTlbInvalidation&, unsigned tag)>;

/// The parts of the unit that the queue works on.
struct QueueCollaborators {
  RegisterFile& registers;
  TranslationCaches& caches;
  FaultRecording& faults;
  EventInterrupt& completion_event;
  memory::PhysicalBus& bus;
  const RemappingState& remapping;
  const DeviceInvalidationSink& device_invalidations;
  const PageResponseSink& page_responses;
};

class InvalidationQueue {
 public:
  InvalidationQueue(const UnitConfig& config, const QueueCollaborators& unit) : config_{config}, unit_{unit} {}

  /// Executes descriptors from IQH to IQT, until an error stops the queue or a device is to be waited for; at most one
  /// queue length of them, so that no guest can keep a register write from returning. Returns how many were executed.
  std::uint64_t process();
  /// GSTS.QIES turned 0: the queue starts at its beginning when it is enabled again.
  void reset_head();

  /// A device's Invalidate Completion. Returns how many descriptors the queue executed after it.
  std::uint64_t complete(RequesterId device, std::uint32_t tag_vector);
  /// Devices owe completions.
  bool waits_for_devices() const { return sent_.any(); }
  /// Invalidate Requests that were sent.
  std::uint64_t sent_to_devices() const { return sent_.mark(); }
  /// They have owed them for too long.
  void time_out();

 private:
  /// A wait that was fetched and is not done.
  struct PendingWait {
    WaitDescriptor descriptor;
    iommu::DeviceInvalidations::Mark mark = 0;
  };
  /// A unit keeps some and then fetches no more.
  static constexpr std::size_t most_pending_waits = 16;

  bool is_runnable() const;
  bool process_next();
  bool fetch(InvalidationDescriptor& descriptor) const;
  bool has_room_for(const InvalidationDescriptor& descriptor) const;
  QueueError check_registers() const;
  bool has_supported_table_mode() const;
  QueueError check_and_execute(const InvalidationDescriptor& descriptor);
  QueueError execute_wide(const InvalidationDescriptor& descriptor);
  QueueError invalidate_contexts(const ContextCacheDescriptor& descriptor);
  QueueError invalidate_iotlb(const IotlbDescriptor& descriptor);
  template <class Descriptor>
  QueueError invalidate(const Descriptor& descriptor);
  QueueError invalidate_device_tlb(const iommu::DeviceTlbInvalidation& request);
  QueueError respond(const PageGroupResponseDescriptor& descriptor);
  QueueError invalidate_interrupt_entries(const InterruptEntryCacheDescriptor& descriptor);
  QueueError wait(const WaitDescriptor& descriptor);
  void finish_waits();
  void finish(const WaitDescriptor& descriptor);
  void complete_with_interrupt();
  template <class Condition, class Source>
  void note_source(RequesterId device);
  bool stop(QueueError error);

  bool is_wide() const;
  std::uint64_t descriptor_size() const;
  std::uint64_t size() const;
  std::uint64_t head() const;
  void advance_head();

  const UnitConfig& config_;
  QueueCollaborators unit_;
  iommu::DeviceInvalidations sent_;
  std::deque<PendingWait> waits_;
  /// A wait's status write may reach this unit's own registers; the queue is not entered twice.
  bool is_processing_ = false;
};

}  // namespace iommusim::vtd
