// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/protected_memory.h"

#include "iommu/vtd/register_file.h"

namespace iommusim::vtd {
namespace {

using RawRegister = Word<64>;

/// The low bits of the limit are not implemented and count as ones. LIMIT below BASE: no region.
std::optional<Range<PhysAddr>> region(const RegisterFile& registers, RegisterId base, RegisterId limit) {
  const PhysAddr first{registers.load<RawRegister>(base).raw()};
  const PhysAddr last{registers.load<RawRegister>(limit).raw() | (page_2m - 1)};
  if (last < first) return std::nullopt;
  return Range<PhysAddr>{first, last};
}

}  // namespace

ProtectedMemory::ProtectedMemory(const UnitConfig& config, const RegisterFile& registers)
    : enabled_{registers.load<ProtectedMemoryEnable>(RegisterId::pmen).get<ProtectedMemoryEnable::EPM>()} {
  if (config.protected_low_memory) low_ = region(registers, RegisterId::plmbase, RegisterId::plmlimit);
  if (config.protected_high_memory) high_ = region(registers, RegisterId::phmbase, RegisterId::phmlimit);
}

std::vector<Range<PhysAddr>> ProtectedMemory::regions() const {
  std::vector<Range<PhysAddr>> all;
  if (!enabled_) return all;
  if (low_) all.push_back(*low_);
  if (high_) all.push_back(*high_);
  return all;
}

bool ProtectedMemory::touches(PhysAddr address, std::uint32_t size) const {
  const Range<PhysAddr> wanted{address, address + (size == 0 ? 0 : size - 1)};
  return (low_ && low_->overlaps(wanted)) || (high_ && high_->overlaps(wanted));
}

}  // namespace iommusim::vtd
