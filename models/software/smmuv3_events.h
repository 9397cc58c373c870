// SPDX-License-Identifier: Apache-2.0
// An SMMUv3's event queue as software reads it: faults to report, and stalled transactions to decide (SMMUv3
// architecture, 7.2, 7.3 and 3.12.2).
#pragma once

#include "iommu/smmuv3/event_record.h"
#include "software/fault_report.h"
#include "software/page_fault_handler.h"
#include "software/smmuv3_commands.h"
#include "software/stream_ids.h"

#include <cstdint>
#include <vector>

namespace iommusim::software {

class Smmuv3Events {
 public:
  /// All must outlive it.
  Smmuv3Events(Smmuv3Registers& registers, Smmuv3Commands& commands, const StreamIds& streams, PageAllocator& pages);

  /// Gives the unit the queue, empty. CR0.EVENTQEN must be 0, and is to be set then.
  void start();

  /// The transactions that wait: each is translated anew when the handler made its page, and aborted otherwise. Returns
  /// how many.
  std::uint64_t serve(const PageFaultHandler& handler);
  /// What was refused since the last call. Stalls that wait for serve() are not among it.
  FaultReports drain();

 private:
  void read_queue();
  smmuv3::Event read(std::uint64_t index) const;
  void report(const smmuv3::Event& event);
  void resume(const smmuv3::Event& event, bool retry);

  Smmuv3Registers& registers_;
  Smmuv3Commands& commands_;
  const StreamIds& streams_;
  smmuv3::QueueBase base_;
  smmuv3::QueueGeometry queue_;
  FaultReports reports_;
  std::vector<smmuv3::Event> stalled_;
};

}  // namespace iommusim::software
