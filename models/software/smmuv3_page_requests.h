// SPDX-License-Identifier: Apache-2.0
// Serving an SMMUv3's page requests as an operating system does: the PRI queue in memory, its registers, and a
// CMD_PRI_RESP for each group (SMMUv3 architecture, 8).
#pragma once

#include "iommu/smmuv3/page_request_record.h"
#include "software/page_fault_handler.h"
#include "software/smmuv3_commands.h"
#include "software/stream_ids.h"

#include <cstdint>

namespace iommusim::software {

class Smmuv3PageRequests {
 public:
  /// All must outlive it.
  Smmuv3PageRequests(Smmuv3Registers& registers, Smmuv3Commands& commands, const StreamIds& streams,
                     PageAllocator& pages);

  /// Gives the unit the queue, empty. CR0.PRIQEN must be 0, and is to be set then.
  void start();
  /// Reads every request that is in the queue, has it handled and answers it; then lets the queue go on after an
  /// overflow. Returns how many there were.
  std::uint64_t serve(const PageFaultHandler& handler);

 private:
  smmuv3::PageRequestRecord read(std::uint64_t index) const;
  void answer(const smmuv3::PageRequestRecord& record, iommu::PageResponse response);

  Smmuv3Registers& registers_;
  Smmuv3Commands& commands_;
  const StreamIds& streams_;
  smmuv3::QueueBase base_;
  smmuv3::QueueGeometry queue_;
};

}  // namespace iommusim::software
