// SPDX-License-Identifier: Apache-2.0
#include "software/smmuv3_registers.h"

#include "base/quantity.h"
#include "software/driver_error.h"

#include <array>
#include <cstddef>

namespace iommusim::software {

using smmuv3::Granule;
using smmuv3::Idr0;
using smmuv3::Idr1;
using smmuv3::Idr3;
using smmuv3::Idr5;
using smmuv3::RegisterId;

Smmuv3Registers::Smmuv3Registers(CpuBus& bus, PhysAddr base, unsigned max_polls)
    : bus_{bus}, base_{base}, max_polls_{max_polls} {
  idr0_ = read<Idr0>(RegisterId::idr0);
  idr1_ = read<Idr1>(RegisterId::idr1);
  idr3_ = read<Idr3>(RegisterId::idr3);
  idr5_ = read<Idr5>(RegisterId::idr5);
  constexpr std::uint64_t absent = 0xFFFF'FFFF;
  if (idr0_.raw() == absent && idr1_.raw() == absent) fail("does not answer");
}

unsigned Smmuv3Registers::output_bits() const {
  // The last code stands for addresses wider than any descriptor of ours.
  constexpr std::array<unsigned, 8> bits{32, 36, 40, 42, 44, 48, 52, 52};
  return bits[idr5_.get<Idr5::OAS>()];
}

bool Smmuv3Registers::has_granule(Granule granule) const {
  switch (granule) {
    case Granule::size_4k: return idr5_.get<Idr5::GRAN4K>();
    case Granule::size_16k: return idr5_.get<Idr5::GRAN16K>();
    case Granule::size_64k: return idr5_.get<Idr5::GRAN64K>();
  }
  return false;
}

PhysAddr Smmuv3Registers::address_of(RegisterId id) const {
  return base_ + smmuv3::register_table[static_cast<std::size_t>(id)].offset;
}

void Smmuv3Registers::fail(const std::string& what) const {
  throw DriverError("the SMMU at " + format_hex(base_.value()) + " " + what);
}

}  // namespace iommusim::software
