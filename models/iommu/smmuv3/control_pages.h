// SPDX-License-Identifier: Apache-2.0
// Where the registers of enhanced command queues lie (SMMUv3 architecture, 6.2.5, 6.3.45 and 6.3.49 to 6.3.51): control
// pages behind register page 1, over which the queues are spaced evenly, and in page 0 what tells of the pages.
#pragma once

#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/enhanced_command_queue.h"

#include <cstdint>
#include <optional>

namespace iommusim::smmuv3 {

class ControlPages {
 public:
  explicit ControlPages(const UnitConfig& config);

  /// A register of one of the queues.
  struct Place {
    std::uint32_t queue = 0;
    EnhancedCommandQueue::Part part{};
  };
  /// nullopt: between queues there is nothing.
  std::optional<Place> place_of(std::uint64_t offset) const;

  /// `offset` lies in a control page, or among the registers of page 0 that tell of them.
  bool contains(std::uint64_t offset) const { return is_in_page(offset) || is_described(offset); }
  /// CMDQ_CONTROL_PAGE_BASEn, CFGn and STATUSn; 0 elsewhere.
  std::uint32_t describe(std::uint64_t offset) const;

 private:
  bool is_in_page(std::uint64_t offset) const;
  bool is_described(std::uint64_t offset) const;

  std::uint32_t pages_ = 0;
  std::uint32_t queues_per_page_ = 1;
};

}  // namespace iommusim::smmuv3
