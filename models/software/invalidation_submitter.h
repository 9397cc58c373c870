// SPDX-License-Identifier: Apache-2.0
// How a driver tells a VT-d unit to forget what it cached: by queue, or by register on units without one.
#pragma once

#include "iommu/vtd/invalidation.h"
#include "software/page_allocator.h"
#include "software/remapping_registers.h"

#include <memory>

namespace iommusim::software {

/// Every call returns when the unit has done what was asked, or throws DriverError.
class InvalidationSubmitter {
 public:
  virtual ~InvalidationSubmitter() = default;

  /// Brings the interface to a known state; before the first submission.
  virtual void start() = 0;
  virtual void submit(const vtd::ContextInvalidation& request) = 0;
  virtual void submit(const vtd::IotlbInvalidation& request) = 0;
};

/// The queue where ECAP.QI offers it, else the registers. Registers and allocator must outlive it.
std::unique_ptr<InvalidationSubmitter> make_invalidation_submitter(RemappingRegisters& registers, PageAllocator& pages);

}  // namespace iommusim::software
