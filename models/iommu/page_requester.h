// SPDX-License-Identifier: Apache-2.0
// The page requests of one function that wait for their response (PCIe base specification, 10.4).
#pragma once

#include "iommu/ats.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::iommu {

class PageRequester {
 public:
  /// A free Page Request Group Index for one request, as long as fewer than `allocation` groups wait.
  std::optional<std::uint16_t> begin(std::uint32_t allocation);
  /// A PRG Response arrived. False: nobody waits for it.
  bool respond(const PageGroupResponse& response);
  /// What was answered, once; nullopt: no answer yet.
  std::optional<PageResponse> take(std::uint16_t group);
  /// Nobody will take the answer: its arrival frees the group.
  void give_up(std::uint16_t group);

 private:
  struct Group {
    std::uint16_t index = 0;
    std::optional<PageResponse> response;
    bool is_given_up = false;
  };

  std::vector<Group> waiting_;
  std::uint16_t next_ = 0;
};

}  // namespace iommusim::iommu
