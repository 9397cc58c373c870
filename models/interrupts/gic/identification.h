// SPDX-License-Identifier: Apache-2.0
// The ID registers at the end of every 64 KiB frame of a GICv3 (GICv3 architecture, 12.1).
#pragma once

#include <array>
#include <cstdint>

namespace iommusim::gic {

/// GICD_IIDR and the like: implementer 0x43B (Arm), product and revision 0.
constexpr std::uint32_t implementation = 0x43B;

constexpr std::uint64_t identification_offset = 0xFFD0;
constexpr std::uint64_t identification_size = 0x30;

/// PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3. `architecture`: PIDR2.ArchRev. Of the part number nothing is said.
constexpr std::uint32_t identification(std::uint64_t offset, unsigned architecture) {
  constexpr std::array<std::uint8_t, 12> values{0x04, 0, 0, 0, 0, 0xB0, 0x0B, 0, 0x0D, 0xF0, 0x05, 0xB1};
  const auto index = static_cast<std::size_t>((offset - identification_offset) / 4);
  constexpr std::size_t pidr2 = 6;
  return index == pidr2 ? values[index] | architecture << 4 : values[index];
}

}  // namespace iommusim::gic
