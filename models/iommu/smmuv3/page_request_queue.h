// SPDX-License-Identifier: Apache-2.0
// The PRI queue (SMMUv3 architecture, 8): what devices ask for, in memory, for software to serve.
#pragma once

#include "iommu/ats.h"
#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/global_errors.h"
#include "iommu/smmuv3/interrupts.h"
#include "iommu/smmuv3/queue_index.h"
#include "iommu/smmuv3/register_file.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <optional>

namespace iommusim::smmuv3 {

class PageRequestQueue {
 public:
  PageRequestQueue(const UnitConfig& config, RegisterFile& registers, GlobalErrors& errors, Interrupts& interrupts,
                   memory::PhysicalBus& bus)
      : config_{config}, registers_{registers}, errors_{errors}, interrupts_{interrupts}, bus_{bus} {}

  /// What became of a page request.
  struct Outcome {
    bool queued = false;
    /// The unit answers by itself with this code; nullopt: the device hears nothing, or later from software.
    std::optional<iommu::PageResponse> answer;
  };
  Outcome put(const iommu::PageRequest& request, std::uint32_t stream);

 private:
  bool is_enabled() const;
  QueueGeometry geometry() const;
  OutputQueueProducer producer() const { return registers_.load<OutputQueueProducer>(RegisterId::priq_prod); }
  OutputQueueConsumer consumer() const { return registers_.load<OutputQueueConsumer>(RegisterId::priq_cons); }
  bool overflows();
  bool write(const iommu::PageRequest& request, std::uint32_t stream);
  void announce(bool was_empty, bool is_last);

  const UnitConfig& config_;
  RegisterFile& registers_;
  GlobalErrors& errors_;
  Interrupts& interrupts_;
  memory::PhysicalBus& bus_;
};

}  // namespace iommusim::smmuv3
