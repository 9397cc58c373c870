// SPDX-License-Identifier: Apache-2.0
#include "software/address_space.h"

namespace iommusim::software {

bool AddressSpace::map(const NewMapping& mapping, Duration now) {
  ++changes_;
  const std::uint64_t offset = mapping.physical.value() - mapping.range.first.value();
  return live_.insert(mapping.range, Mapping{offset, mapping.permissions, mapping.buffer, now, now});
}

void AddressSpace::unmap(const Range<Iova>& range, Duration now) {
  last_found_ = nullptr;
  ++changes_;
  while (const auto* entry = live_.first_overlap(range)) {
    const Range<Iova> ended = *entry->range.intersection(range);
    Mapping mapping = entry->value;
    mapping.until = now;
    past_.assign(ended, mapping);
    live_.erase(ended);
  }
}

Intent AddressSpace::lookup(Iova iova) const {
  if (last_found_ == nullptr || !last_found_->range.contains(iova)) last_found_ = live_.find(iova);
  if (last_found_ != nullptr) return intent(MappingState::live, last_found_->value, iova);
  return lookup_past(iova);
}

Intent AddressSpace::lookup_past(Iova iova) const {
  if (const auto* entry = past_.find(iova)) return intent(MappingState::past, entry->value, iova);
  return {};
}

Intent AddressSpace::intent(MappingState state, const Mapping& mapping, Iova iova) {
  const PhysAddr physical{iova.value() + mapping.offset};
  return {state, physical, mapping.permissions, mapping.buffer, mapping.since, mapping.until};
}

}  // namespace iommusim::software
