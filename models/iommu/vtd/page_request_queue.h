// SPDX-License-Identifier: Apache-2.0
// The page request queue (VT-d specification, 7.4): what devices ask for, in memory, for software to serve.
#pragma once

#include "iommu/ats.h"
#include "iommu/vtd/event_interrupt.h"
#include "iommu/vtd/register_file.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <functional>

namespace iommusim::vtd {

using PageResponseSink = std::function<void(const iommu::PageGroupResponse&)>;

class PageRequestQueue {
 public:
  /// `responses` takes what the unit answers by itself.
  PageRequestQueue(RegisterFile& registers, EventInterrupt& event, memory::PhysicalBus& bus,
                   const PageResponseSink& responses)
      : registers_{registers}, event_{event}, bus_{bus}, responses_{responses} {}

  /// A page request that the tables allow. False: it did not get into the queue.
  bool put(const iommu::PageRequest& request);
  /// Tells the device without software, when the request is the last of its group. Stop markers are never answered.
  void answer(const iommu::PageRequest& request, iommu::PageResponse code) const;
  /// Software wrote PRS.
  void status_written();

 private:
  PageRequestStatus status() const { return registers_.load<PageRequestStatus>(RegisterId::prs); }
  std::uint64_t size() const;
  std::uint64_t offset(RegisterId pointer) const;
  bool write(std::uint64_t at, const iommu::PageRequest& request);
  template <class Condition>
  void raise();

  RegisterFile& registers_;
  EventInterrupt& event_;
  memory::PhysicalBus& bus_;
  const PageResponseSink& responses_;
};

}  // namespace iommusim::vtd
