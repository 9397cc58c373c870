// SPDX-License-Identifier: Apache-2.0
// The Invalidate Requests that a unit has sent to devices and that are not completed yet (PCIe base
// specification, 10.3).
#pragma once

#include "base/requester_id.h"
#include "iommu/ats.h"

#include <array>
#include <cstdint>
#include <optional>

namespace iommusim::iommu {

class DeviceInvalidations {
 public:
  /// Counts what was sent: who waits for all up to a mark waits for these.
  using Mark = std::uint64_t;

  bool has_free_tag() const;
  /// Takes a tag (ITag) for a request to `target`: the one whose last use is over for the longest time, but those that
  /// were abandoned and may still be completed only when there is no other. Precondition: has_free_tag().
  unsigned begin(RequesterId target);
  /// An Invalidate Completion of `device` for the tags of `tag_vector`. False: it answers nothing that was asked.
  bool complete(RequesterId device, std::uint32_t tag_vector);

  bool any() const { return tags_in_use_ != 0; }
  Mark mark() const { return next_; }
  /// All that was sent before the mark is completed.
  bool done_before(Mark mark) const;
  /// Who has owed a completion for the longest time. Precondition: any().
  RequesterId oldest() const;
  /// Gives all of them up. Devices may complete them nevertheless, which then answers nothing that was asked.
  void abandon() {
    abandoned_ |= tags_in_use_;
    tags_in_use_ = 0;
  }

 private:
  struct Request {
    RequesterId target;
    Mark number = 0;
  };

  std::array<Request, invalidation_tags> requests_{};
  /// Bit n: tag n.
  std::uint32_t tags_in_use_ = 0;
  std::uint32_t abandoned_ = 0;
  unsigned next_tag_ = 0;
  Mark next_ = 0;
};

}  // namespace iommusim::iommu
