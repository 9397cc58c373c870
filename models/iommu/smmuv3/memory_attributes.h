// SPDX-License-Identifier: Apache-2.0
// Memory type and shareability of an access, and what becomes of them (SMMUv3 architecture, 13; VMSAv8-64 memory
// attributes).
#pragma once

#include <cstdint>

namespace iommusim::smmuv3 {

enum class Shareability : std::uint8_t { non_shareable = 0, outer = 2, inner = 3 };

/// `type` is coded as in MAIR: 0x0c is Device, with c = 0 nGnRnE, 4 nGnRE, 8 nGRE, C GRE; else Normal, outer
/// cacheability in 7:4 and inner in 3:0. The default is what a client without attributes has: Normal, write-back.
struct MemoryAttributes {
  std::uint8_t type = 0xFF;
  Shareability shareability = Shareability::non_shareable;

  constexpr bool is_device() const { return (type & 0xF0) == 0; }
  friend constexpr bool operator==(MemoryAttributes a, MemoryAttributes b) {
    return a.type == b.type && a.shareability == b.shareability;
  }
};

/// What an STE or GBPA replaces of the incoming attributes. Raw fields.
struct AttributeOverrides {
  /// MTCFG: `memory` replaces the incoming type.
  bool replaces_type = false;
  /// MemAttr.
  std::uint8_t memory = 0;
  /// ALLOCCFG: with bit 3, bits 2:0 are read-allocate, write-allocate, transient.
  std::uint8_t allocation = 0;
  /// SHCFG: 1 is "use incoming".
  std::uint8_t shareability = 1;
  /// PRIVCFG and INSTCFG: below 2 "use incoming".
  std::uint8_t privilege = 0;
  std::uint8_t instruction = 0;
};

/// What a stage 2 descriptor says. Plain data.
struct Stage2Attributes {
  /// MemAttr.
  std::uint8_t memattr = 0xF;
  Shareability shareability = Shareability::non_shareable;
  /// S2FWB.
  bool forces = false;

  /// Device memory whatever stage 1 says.
  constexpr bool is_device() const { return (memattr & (forces ? 0x4 : 0xC)) == 0; }
};

/// MemAttr as STE, GBPA and stage 2 descriptors have it, coded as in MAIR.
std::uint8_t type_of_memattr(std::uint8_t memattr);
/// An access whose attributes no stage 1 replaces.
MemoryAttributes override(const AttributeOverrides& overrides, MemoryAttributes incoming);
/// The stronger type and the wider shareability of the two stages (13.1.5).
MemoryAttributes combine(MemoryAttributes stage_1, const Stage2Attributes& stage_2);
/// Device and Normal non-cacheable memory is outer shareable whatever the tables say.
MemoryAttributes normalized(MemoryAttributes attributes);

}  // namespace iommusim::smmuv3
