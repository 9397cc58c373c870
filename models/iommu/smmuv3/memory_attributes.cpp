// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/memory_attributes.h"

#include <algorithm>
#include <array>

namespace iommusim::smmuv3 {
namespace {

constexpr std::uint8_t normal_non_cacheable = 0x44;

/// One nibble of a Normal type in the coding of MAIR: 0100 non-cacheable, 10RW write-through, 11RW write-back, and the
/// same below with a transient hint.
enum class Cacheability : std::uint8_t { none = 0, write_through = 1, write_back = 2 };

Cacheability cacheability(std::uint8_t nibble) {
  if (nibble == 0x4) return Cacheability::none;
  return (nibble & 0x4) != 0 ? Cacheability::write_back : Cacheability::write_through;
}

/// The weaker cacheability of the two; allocation hints that both give.
std::uint8_t combine_nibbles(std::uint8_t a, std::uint8_t b) {
  const Cacheability both = std::min(cacheability(a), cacheability(b));
  if (both == Cacheability::none) return 0x4;
  const std::uint8_t hints = a & b & 0x3;
  return static_cast<std::uint8_t>((both == Cacheability::write_back ? 0xC : 0x8) | hints);
}

std::uint8_t combine_types(std::uint8_t a, std::uint8_t b) {
  const bool a_is_device = (a & 0xF0) == 0;
  const bool b_is_device = (b & 0xF0) == 0;
  // Device types ascend from nGnRnE to GRE.
  if (a_is_device && b_is_device) return std::min(a, b);
  if (a_is_device) return a;
  if (b_is_device) return b;
  return static_cast<std::uint8_t>(combine_nibbles(a >> 4, b >> 4) << 4 | combine_nibbles(a & 0xF, b & 0xF));
}

/// Non-shareable, inner, outer.
unsigned width(Shareability shareability) {
  return shareability == Shareability::outer ? 2 : shareability == Shareability::inner ? 1 : 0;
}

/// With S2FWB bits 2:0 of MemAttr say what becomes of the type of stage 1.
std::uint8_t forced_type(std::uint8_t stage_1, std::uint8_t memattr) {
  switch (memattr & 0x7) {
    case 0x7: return stage_1;
    case 0x6: return 0xFF;
    case 0x5: return combine_types(stage_1, normal_non_cacheable);
    default: return combine_types(stage_1, type_of_memattr(memattr & 0x3));
  }
}

/// ALLOCCFG of one nibble: read-allocate, write-allocate, transient.
std::uint8_t with_hints(std::uint8_t nibble, std::uint8_t allocation) {
  if (cacheability(nibble) == Cacheability::none) return nibble;
  const std::uint8_t hints = allocation >> 1 & 0x3;
  // Transient is coded by bit 3, and needs a hint.
  const bool transient = (allocation & 1) != 0 && hints != 0;
  const std::uint8_t type = cacheability(nibble) == Cacheability::write_back ? 0x4 : 0x0;
  return static_cast<std::uint8_t>((transient ? 0 : 0x8) | type | hints);
}

}  // namespace

std::uint8_t type_of_memattr(std::uint8_t memattr) {
  if ((memattr & 0xC) == 0) return static_cast<std::uint8_t>((memattr & 0x3) << 2);
  constexpr std::array<std::uint8_t, 4> nibbles{0x4, 0x4, 0xB, 0xF};
  return static_cast<std::uint8_t>(nibbles[memattr >> 2 & 0x3] << 4 | nibbles[memattr & 0x3]);
}

MemoryAttributes override(const AttributeOverrides& overrides, MemoryAttributes incoming) {
  MemoryAttributes result = incoming;
  if (overrides.replaces_type) result.type = type_of_memattr(overrides.memory);
  if ((overrides.allocation & 0x8) != 0 && !result.is_device())
    result.type = static_cast<std::uint8_t>(with_hints(result.type >> 4, overrides.allocation) << 4 |
                                            with_hints(result.type & 0xF, overrides.allocation));
  if (overrides.shareability != 1) result.shareability = static_cast<Shareability>(overrides.shareability);
  return normalized(result);
}

MemoryAttributes combine(MemoryAttributes stage_1, const Stage2Attributes& stage_2) {
  MemoryAttributes result;
  result.type = stage_2.forces ? forced_type(stage_1.type, stage_2.memattr)
                               : combine_types(stage_1.type, type_of_memattr(stage_2.memattr));
  const bool stage_1_is_wider = width(stage_1.shareability) >= width(stage_2.shareability);
  result.shareability = stage_1_is_wider ? stage_1.shareability : stage_2.shareability;
  return normalized(result);
}

MemoryAttributes normalized(MemoryAttributes attributes) {
  if (attributes.is_device() || attributes.type == normal_non_cacheable) attributes.shareability = Shareability::outer;
  return attributes;
}

}  // namespace iommusim::smmuv3
