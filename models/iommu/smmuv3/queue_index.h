// SPDX-License-Identifier: Apache-2.0
// Where the entries of a queue are (SMMUv3 architecture, 3.5.1): indices with a wrap bit above them. Empty: both
// registers are equal. Full: the indices are equal and the wrap bits differ.
#pragma once

#include "base/address.h"
#include "iommu/smmuv3/registers.h"

#include <algorithm>
#include <cstdint>

namespace iommusim::smmuv3 {

/// The effective size and place of a queue. Whatever software wrote, every slot lies inside.
class QueueGeometry {
 public:
  /// `largest`: log2 of the entries that the unit can have, IDR1.*QS. Entries of `entry_bytes`, a power of two.
  constexpr QueueGeometry(QueueBase base, unsigned largest, std::uint64_t entry_bytes, unsigned address_bits)
      : log2_size_{std::min<unsigned>(base.get<QueueBase::LOG2SIZE>(), largest)}, entry_bytes_{entry_bytes} {
    const std::uint64_t alignment = std::max<std::uint64_t>(entry_bytes << log2_size_, smallest_alignment);
    const std::uint64_t reachable = (std::uint64_t{1} << address_bits) - 1;
    base_ = base.raw() & QueueBase::ADDR::mask & reachable & ~(alignment - 1);
  }

  constexpr std::uint32_t entries() const { return std::uint32_t{1} << log2_size_; }
  /// Of a register's value, index and wrap bit.
  constexpr std::uint32_t index(std::uint64_t value) const {
    return static_cast<std::uint32_t>(value) & (2 * entries() - 1);
  }
  constexpr std::uint32_t next(std::uint64_t value) const { return index(value + 1); }
  constexpr std::uint32_t previous(std::uint64_t value) const { return index(value - 1); }
  constexpr bool is_empty(std::uint64_t producer, std::uint64_t consumer) const {
    return index(producer) == index(consumer);
  }
  constexpr bool is_full(std::uint64_t producer, std::uint64_t consumer) const {
    return (index(producer) ^ index(consumer)) == entries();
  }
  /// Of the entry that `value` names.
  constexpr PhysAddr address(std::uint64_t value) const {
    return PhysAddr{base_ + (index(value) & (entries() - 1)) * entry_bytes_};
  }

 private:
  static constexpr std::uint64_t smallest_alignment = 32;

  unsigned log2_size_;
  std::uint64_t entry_bytes_;
  std::uint64_t base_ = 0;
};

}  // namespace iommusim::smmuv3
