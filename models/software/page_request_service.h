// SPDX-License-Identifier: Apache-2.0
// Serving page requests as an operating system does: the queue in memory, its registers, and a response for each group
// (VT-d specification, 7.4 to 7.6).
#pragma once

#include "interrupts/msi.h"
#include "iommu/ats.h"
#include "software/invalidation_submitter.h"
#include "software/page_allocator.h"
#include "software/page_fault_handler.h"
#include "software/remapping_registers.h"

#include <cstdint>

namespace iommusim::software {

class PageRequestService {
 public:
  /// All must outlive it.
  PageRequestService(RemappingRegisters& registers, InvalidationSubmitter& invalidation, PageAllocator& pages);

  /// Queue, event message, and the event's mask cleared.
  void start(const interrupts::MsiMessage& event);
  /// Reads every request that is in the queue, has it handled and answers it; then lets the queue go on after an
  /// overflow. Returns how many there were.
  std::uint64_t serve(const PageFaultHandler& handler);

 private:
  void answer(const iommu::PageRequest& request, iommu::PageResponse code);

  RemappingRegisters& registers_;
  InvalidationSubmitter& invalidation_;
  PhysAddr queue_;
};

}  // namespace iommusim::software
