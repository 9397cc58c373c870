// SPDX-License-Identifier: Apache-2.0
// The address space that a user of VFIO shares among the groups that it owns (Linux, type 1 containers): which mappings
// and which groups the kernel lets in.
#pragma once

#include "software/address_set.h"
#include "software/reserved_regions.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace iommusim::software {

class VfioContainer {
 public:
  /// What the kernel says: nothing, EINVAL or EEXIST.
  enum class Answer : std::uint8_t { done, invalid, exists };

  /// A group whose IOMMU takes addresses of `domain_bits`. Refused when its regions, but for relaxable ones, or the end
  /// of what the IOMMU takes, cut what is mapped, or when no address would be left.
  Answer attach(std::size_t group, const ReservedRegions& regions, unsigned domain_bits);
  /// What only this group's regions kept out may be mapped again. What the last group leaves behind is unmapped.
  void detach(std::size_t group);

  /// Refused when the range does not lie in one of usable(), or some of it is mapped. Without a group there is nothing
  /// that could refuse it.
  Answer map(const Range<Iova>& range);
  void unmap(const Range<Iova>& range) { mapped_.remove(range); }

  /// The ranges that the container reports to its user, ascending. None are next to each other.
  std::vector<Range<Iova>> usable() const;

 private:
  struct Group {
    ReservedRegions regions;
    unsigned domain_bits = 0;
  };

  std::map<std::size_t, Group> groups_;
  AddressSet mapped_;
};

}  // namespace iommusim::software
