// SPDX-License-Identifier: Apache-2.0
#include "iommu/device_invalidations.h"

namespace iommusim::iommu {
namespace {

constexpr std::uint32_t every_tag = 0xFFFF'FFFF;

constexpr bool has(std::uint32_t tags, unsigned tag) {
  return (tags >> tag & 1) != 0;
}

constexpr unsigned following(unsigned tag) {
  return (tag + 1) % invalidation_tags;
}

}  // namespace

bool DeviceInvalidations::has_free_tag() const {
  return tags_in_use_ != every_tag;
}

unsigned DeviceInvalidations::begin(RequesterId target) {
  const std::uint32_t doubtful = tags_in_use_ | abandoned_;
  const std::uint32_t avoided = doubtful == every_tag ? tags_in_use_ : doubtful;
  unsigned tag = next_tag_;
  while (has(avoided, tag))
    tag = following(tag);
  next_tag_ = following(tag);
  tags_in_use_ |= 1U << tag;
  abandoned_ &= ~(1U << tag);
  requests_[tag] = {target, next_++};
  return tag;
}

bool DeviceInvalidations::complete(RequesterId device, std::uint32_t tag_vector) {
  for (unsigned tag = 0; tag < requests_.size(); ++tag)
    if (has(tag_vector, tag) && requests_[tag].target != device) return false;
  // Of those that were abandoned nothing more can come.
  abandoned_ &= ~tag_vector;
  if (tag_vector == 0 || (tag_vector & ~tags_in_use_) != 0) return false;
  tags_in_use_ &= ~tag_vector;
  return true;
}

bool DeviceInvalidations::done_before(Mark mark) const {
  for (unsigned tag = 0; tag < requests_.size(); ++tag)
    if (has(tags_in_use_, tag) && requests_[tag].number < mark) return false;
  return true;
}

RequesterId DeviceInvalidations::oldest() const {
  const Request* found = nullptr;
  for (unsigned tag = 0; tag < requests_.size(); ++tag)
    if (has(tags_in_use_, tag) && (found == nullptr || requests_[tag].number < found->number)) found = &requests_[tag];
  return found->target;
}

}  // namespace iommusim::iommu
