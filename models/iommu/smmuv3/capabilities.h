// SPDX-License-Identifier: Apache-2.0
// What follows from a unit's configuration for tables and addresses (SMMUv3 architecture, 3.4).
#pragma once

#include "iommu/smmuv3/config.h"
#include "iommu/smmuv3/table_geometry.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace iommusim::smmuv3 {

constexpr bool supports_granule(const UnitConfig& config, Granule granule) {
  switch (granule) {
    case Granule::size_4k: return config.granule_4k;
    case Granule::size_16k: return config.granule_16k;
    case Granule::size_64k: return config.granule_64k;
  }
  return false;
}
/// The address bits that IPS or S2PS stands for, at most those of the unit.
constexpr unsigned output_bits_of(const UnitConfig& config, unsigned code) {
  // Codes that are reserved without wider addresses stand for the widest.
  constexpr std::array<unsigned, 8> bits{32, 36, 40, 42, 44, 48, 52, 52};
  return std::min(bits[code & 7], config.output_address_bits);
}
/// IAS: the unit has VMSAv8-64 tables only.
constexpr unsigned intermediate_bits(const UnitConfig& config) {
  return config.output_address_bits;
}
/// A 64 KiB granule gives 52-bit output addresses.
constexpr bool has_wide_output(const UnitConfig& config) {
  return config.output_address_bits == 52;
}
/// Addresses in tables of the granule have at most so many bits.
constexpr unsigned table_address_bits(Granule granule) {
  return granule == Granule::size_64k ? 52 : 48;
}
/// What S2TTB, TTB0 or TTB1 say: bits 51:48 came with SMMUv3.1 and are RES0 before (5.2, 5.4).
constexpr std::uint64_t table_base_of(const UnitConfig& config, std::uint64_t field) {
  constexpr std::uint64_t low_48 = 0xFFFF'FFFF'FFFF;
  return config.minor_version == 0 ? field & low_48 : field;
}
/// The largest TxSZ and S2T0SZ (5.2 and 5.4, IDR3.STT).
constexpr unsigned most_t0sz(const UnitConfig& config, Granule granule) {
  if (!config.small_tables) return 39;
  return granule == Granule::size_64k ? 47 : 48;
}

}  // namespace iommusim::smmuv3
