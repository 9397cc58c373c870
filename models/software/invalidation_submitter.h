// SPDX-License-Identifier: Apache-2.0
// How a driver tells a VT-d unit to forget what it cached: by queue, or by register on units without one.
#pragma once

#include "iommu/ats.h"
#include "iommu/vtd/invalidation.h"
#include "software/page_allocator.h"
#include "software/remapping_registers.h"

#include <memory>

namespace iommusim::software {

/// A submission returns when the unit has done what was asked. False: it has not, because it refused the request or
/// does not get to it; its caches may keep what they were to forget.
class InvalidationSubmitter {
 public:
  virtual ~InvalidationSubmitter() = default;

  /// Brings the interface to a known state; before the first submission. Throws DriverError when hardware does not
  /// follow.
  virtual void start() = 0;
  [[nodiscard]] virtual bool submit(const vtd::ContextInvalidation& request) = 0;
  [[nodiscard]] virtual bool submit(const vtd::IotlbInvalidation& request) = 0;
  /// Scalable mode, in which units have a queue.
  [[nodiscard]] virtual bool submit(const vtd::PasidCacheInvalidation& request) = 0;
  /// An answer to a page request goes the same way.
  [[nodiscard]] virtual bool submit(const iommu::PageGroupResponse& response) = 0;
  /// The block is naturally aligned. Units that know device TLBs have a queue.
  [[nodiscard]] virtual bool submit(const iommu::DeviceTlbInvalidation& request) = 0;
};

/// The queue where ECAP.QI offers it, else the registers. Registers and allocator must outlive it.
std::unique_ptr<InvalidationSubmitter> make_invalidation_submitter(RemappingRegisters& registers, PageAllocator& pages);

}  // namespace iommusim::software
