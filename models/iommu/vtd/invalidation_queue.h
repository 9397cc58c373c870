// SPDX-License-Identifier: Apache-2.0
// The invalidation queue (VT-d specification, 6.5.2): descriptors in memory, fetched and executed in order.
#pragma once

#include "iommu/vtd/config.h"
#include "iommu/vtd/event_interrupt.h"
#include "iommu/vtd/fault_recording.h"
#include "iommu/vtd/invalidation_descriptor.h"
#include "iommu/vtd/register_file.h"
#include "iommu/vtd/translation_caches.h"
#include "memory/physical_bus.h"

#include <cstdint>

namespace iommusim::vtd {

/// The parts of the unit that the queue works on.
struct QueueCollaborators {
  RegisterFile& registers;
  TranslationCaches& caches;
  FaultRecording& faults;
  EventInterrupt& completion_event;
  memory::PhysicalBus& bus;
};

class InvalidationQueue {
 public:
  InvalidationQueue(const UnitConfig& config, const QueueCollaborators& unit) : config_{config}, unit_{unit} {}

  /// Executes descriptors from IQH to IQT, until an error stops the queue; at most one queue length of them,
  /// so that no guest can keep a register write from returning. Returns how many were executed.
  std::uint64_t process();
  /// GSTS.QIES turned 0: the queue starts at its beginning when it is enabled again.
  void reset_head();

 private:
  bool is_runnable() const;
  bool process_next();
  QueueError check_and_execute(const InvalidationDescriptor& descriptor);
  QueueError invalidate_contexts(const ContextCacheDescriptor& descriptor);
  QueueError invalidate_iotlb(const IotlbDescriptor& descriptor);
  QueueError invalidate_interrupt_entries(const InterruptEntryCacheDescriptor& descriptor);
  QueueError wait(const WaitDescriptor& descriptor);
  void complete_with_interrupt();
  bool stop(QueueError error);

  std::uint64_t size() const;
  std::uint64_t head() const;
  void advance_head();

  const UnitConfig& config_;
  QueueCollaborators unit_;
  /// A wait's status write may reach this unit's own registers; the queue is not entered twice.
  bool is_processing_ = false;
};

}  // namespace iommusim::vtd
