// SPDX-License-Identifier: Apache-2.0
#include "platforms/os_memory.h"

#include <algorithm>

namespace iommusim::platforms {
namespace {

constexpr std::uint64_t wanted = std::uint64_t{64} << 20;

bool in_use(const Description& description, const Range<PhysAddr>& range) {
  for (const BufferDescription& buffer : description.buffers)
    if (buffer.range.overlaps(range)) return true;
  for (const DomainDescription& domain : description.domains) {
    if (domain.guest_memory && domain.guest_memory->overlaps(range)) return true;
    for (const MappingDescription& mapping : domain.mappings) {
      const auto physical = Range<PhysAddr>::from_size(mapping.physical, mapping.size);
      if (physical && physical->overlaps(range)) return true;
    }
  }
  return false;
}

Range<PhysAddr> top_of(const Range<PhysAddr>& bank) {
  const std::uint64_t quarter = (bank.last - bank.first) / 4 + 1;
  const std::uint64_t size = std::min(wanted, quarter) & ~(page_4k - 1);
  return {bank.last - (std::max(size, page_4k) - 1), bank.last};
}

}  // namespace

Range<PhysAddr> os_memory_of(const Description& description) {
  if (description.os_memory) return *description.os_memory;
  for (auto bank = description.memories.rbegin(); bank != description.memories.rend(); ++bank) {
    const Range<PhysAddr> top = top_of(bank->range);
    if (bank->range.contains(top) && !in_use(description, top)) return top;
  }
  throw InputError{{description.file, 0, 0},
                   "software.os_memory: no memory is free for the operating system's tables; name a range"};
}

}  // namespace iommusim::platforms
