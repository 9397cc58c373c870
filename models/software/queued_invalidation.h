// SPDX-License-Identifier: Apache-2.0
// Invalidation through the queue (VT-d specification, 6.5.2).
#pragma once

#include "iommu/vtd/invalidation_descriptor.h"
#include "software/invalidation_submitter.h"

namespace iommusim::software {

/// A queue of one page: 256 descriptors of 128 bits, or 128 of 256 where the unit has scalable mode. Each request is
/// followed by a wait descriptor whose status write the driver polls, so at most two are in the queue.
class QueuedInvalidation final : public InvalidationSubmitter {
 public:
  QueuedInvalidation(RemappingRegisters& registers, PageAllocator& pages);

  /// Stops a queue that firmware left running, then starts ours.
  void start() override;
  [[nodiscard]] bool submit(const vtd::ContextInvalidation& request) override;
  [[nodiscard]] bool submit(const vtd::IotlbInvalidation& request) override;
  [[nodiscard]] bool submit(const vtd::PasidCacheInvalidation& request) override;
  [[nodiscard]] bool submit(const iommu::PageGroupResponse& response) override;
  /// False also when the device did not answer in time.
  [[nodiscard]] bool submit(const iommu::DeviceTlbInvalidation& request) override;

 private:
  bool execute(const vtd::InvalidationDescriptor& descriptor);
  void write(unsigned slot, const vtd::InvalidationDescriptor& descriptor);
  vtd::InvalidationDescriptor wait_descriptor() const;
  void stop();
  vtd::FaultStatus errors() const;
  void clear(vtd::FaultStatus errors);
  unsigned head() const;
  unsigned pass_head();

  std::uint64_t width() const;
  unsigned slots() const { return static_cast<unsigned>(page_4k / width()); }

  RemappingRegisters& registers_;
  PhysAddr queue_;
  PhysAddr status_;
  /// Slot of the next descriptor.
  unsigned tail_ = 0;
};

}  // namespace iommusim::software
