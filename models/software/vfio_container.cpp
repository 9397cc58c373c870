// SPDX-License-Identifier: Apache-2.0
#include "software/vfio_container.h"

#include "software/software_views.h"

#include <algorithm>

namespace iommusim::software {
namespace {

bool is_in_one(const std::vector<Range<Iova>>& ranges, const Range<Iova>& range) {
  return std::any_of(ranges.begin(), ranges.end(), [&range](const Range<Iova>& one) { return one.contains(range); });
}

}  // namespace

std::vector<Range<Iova>> VfioContainer::usable() const {
  ReservedRegions regions;
  unsigned domain_bits = 64;
  for (const auto& [number, group] : groups_) {
    regions.insert_all(group.regions);
    domain_bits = std::min(domain_bits, group.domain_bits);
  }
  return usable_by_users(regions, domain_bits).ranges();
}

VfioContainer::Answer VfioContainer::attach(std::size_t group, const ReservedRegions& regions, unsigned domain_bits) {
  groups_.insert_or_assign(group, Group{regions, domain_bits});
  const std::vector<Range<Iova>> left = usable();
  const std::vector<Range<Iova>> mapped = mapped_.ranges();
  const bool cuts_nothing =
      std::all_of(mapped.begin(), mapped.end(), [&left](const Range<Iova>& range) { return is_in_one(left, range); });
  if (!left.empty() && cuts_nothing) return Answer::done;
  groups_.erase(group);
  return Answer::invalid;
}

void VfioContainer::detach(std::size_t group) {
  groups_.erase(group);
  if (groups_.empty()) mapped_ = {};
}

VfioContainer::Answer VfioContainer::map(const Range<Iova>& range) {
  const std::vector<Range<Iova>> mapped = mapped_.ranges();
  if (std::any_of(mapped.begin(), mapped.end(), [&range](const Range<Iova>& one) { return one.overlaps(range); }))
    return Answer::exists;
  if (!groups_.empty() && !is_in_one(usable(), range)) return Answer::invalid;
  mapped_.add(range);
  return Answer::done;
}

}  // namespace iommusim::software
