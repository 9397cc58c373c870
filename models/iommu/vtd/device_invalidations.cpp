// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/device_invalidations.h"

namespace iommusim::vtd {
namespace {

constexpr std::uint32_t every_tag = 0xFFFF'FFFF;

constexpr bool has(std::uint32_t tags, unsigned tag) {
  return (tags >> tag & 1) != 0;
}

}  // namespace

bool DeviceInvalidations::has_free_tag() const {
  return tags_in_use_ != every_tag;
}

unsigned DeviceInvalidations::begin(RequesterId target) {
  unsigned tag = 0;
  while (has(tags_in_use_, tag))
    ++tag;
  tags_in_use_ |= 1U << tag;
  requests_[tag] = {target, next_++};
  return tag;
}

bool DeviceInvalidations::complete(RequesterId device, std::uint32_t tag_vector) {
  if (tag_vector == 0 || (tag_vector & ~tags_in_use_) != 0) return false;
  for (unsigned tag = 0; tag < requests_.size(); ++tag)
    if (has(tag_vector, tag) && requests_[tag].target != device) return false;
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

}  // namespace iommusim::vtd
