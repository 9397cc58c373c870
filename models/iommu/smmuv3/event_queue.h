// SPDX-License-Identifier: Apache-2.0
// The event queue (SMMUv3 architecture, 7.2): faults and configuration errors, in memory, for software to read.
#pragma once

#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/event_record.h"
#include "iommu/smmuv3/global_errors.h"
#include "iommu/smmuv3/interrupts.h"
#include "iommu/smmuv3/queue_index.h"
#include "iommu/smmuv3/register_file.h"
#include "memory/physical_bus.h"

namespace iommusim::smmuv3 {

class EventQueue {
 public:
  EventQueue(const UnitConfig& config, RegisterFile& registers, GlobalErrors& errors, Interrupts& interrupts,
             memory::PhysicalBus& bus)
      : config_{config}, registers_{registers}, errors_{errors}, interrupts_{interrupts}, bus_{bus} {}

  /// Enabled, not full, and without an abort that software has not acknowledged.
  bool is_writable() const;
  /// True: the record is in the queue, or merged with the one before. False: it is lost, which is an overflow if the
  /// queue was full; but records of stalls never overflow, their transactions are asked again (7.2.1).
  bool record(const Event& event);
  /// EVENTQEN turned 1: what was written before belongs to another queue.
  void restart() { has_last_ = false; }

 private:
  bool is_enabled() const { return registers_.in_force<Control0::EVENTQEN>(); }
  QueueGeometry geometry() const;
  OutputQueueProducer producer() const { return registers_.load<OutputQueueProducer>(RegisterId::eventq_prod); }
  OutputQueueConsumer consumer() const { return registers_.load<OutputQueueConsumer>(RegisterId::eventq_cons); }
  bool is_full() const { return geometry().is_full(producer().raw(), consumer().raw()); }
  bool is_like_last(const Event& event, const Event::Words& words) const;
  void overflow();
  bool write(const Event::Words& words);

  const UnitConfig& config_;
  RegisterFile& registers_;
  GlobalErrors& errors_;
  Interrupts& interrupts_;
  memory::PhysicalBus& bus_;
  /// The last record that was written.
  Event::Words last_{};
  bool has_last_ = false;
};

}  // namespace iommusim::smmuv3
