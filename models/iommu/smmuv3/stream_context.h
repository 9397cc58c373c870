// SPDX-License-Identifier: Apache-2.0
// What the unit knows of a stream, or of one of its substreams: stream table entry and context descriptor, decoded
// and found legal. This is what the configuration cache holds.
#pragma once

#include "iommu/smmuv3/memory_attributes.h"
#include "iommu/smmuv3/table_geometry.h"
#include "iommu/smmuv3/translation_tag.h"

#include <array>
#include <cstdint>

namespace iommusim::smmuv3 {

/// What becomes of a fault of translation: A, R and S (SMMUv3 architecture, 5.5).
struct FaultPolicy {
  bool aborts = true;
  bool records = true;
  bool stalls = false;
};

/// STE.EATS.
enum class AtsMode : std::uint8_t { off = 0, full = 1, split_stage = 2 };

/// One half of the input addresses of stage 1: TTB0 or TTB1.
struct Stage1Half {
  TableGeometry geometry;
  std::uint64_t table = 0;
  /// Bits of an input address that have to repeat bit 55: those above the half's, but for a tag (TBI).
  std::uint64_t repeated_bits = 0;
  /// EPD: no walks.
  bool disabled = true;
  /// HAD: attributes in table descriptors do not count.
  bool ignores_hierarchy = false;
  bool e0pd = false;
};

struct Stage1 {
  /// A regime with one half has only the first.
  std::array<Stage1Half, 2> halves;
  /// MAIR1:MAIR0.
  std::uint64_t memory_attributes = 0;
  /// Effective IPS, in bits.
  std::uint8_t output_bits = 0;
  bool ignores_access_flag = false;
  bool updates_access_flag = false;
  bool updates_dirty = false;
  bool wxn = false;
  bool pan = false;
  bool epan = false;
  FaultPolicy faults;
};

struct Stage2 {
  TableGeometry geometry;
  std::uint64_t table = 0;
  /// Effective S2PS, in bits.
  std::uint8_t output_bits = 0;
  bool ignores_access_flag = false;
  bool updates_access_flag = false;
  bool updates_dirty = false;
  /// S2PTW: stage 1 tables and context descriptors may not lie in Device memory.
  bool protects_walks = false;
  /// S2FWB.
  bool forces_write_back = false;
  FaultPolicy faults;
};

/// Plain data. Members of a stage that is off mean nothing.
struct StreamContext {
  /// STE.Config 0b0xx: all is refused, and nothing recorded.
  bool aborts = false;
  bool has_stage_1 = false;
  bool has_stage_2 = false;
  /// Stage 1 is configured, but S1DSS bypasses it.
  bool bypasses_stage_1 = false;
  AtsMode ats = AtsMode::off;
  /// MEV.
  bool merges_events = false;
  /// PPAR.
  bool page_response_pasid = false;
  Regime regime = Regime::ns_el1;
  std::uint16_t asid = 0;
  /// 0 in the regimes without.
  std::uint16_t vmid = 0;
  /// What its translations are cached as: those of stage 1 where that translates, else those of stage 2.
  TranslationTag::Space pages;
  AttributeOverrides overrides;
  Stage1 stage_1;
  Stage2 stage_2;

  bool translates_stage_1() const { return has_stage_1 && !bypasses_stage_1; }
  TranslationTag::Space pages_of_stage_2() const {
    return {TranslationTag::Kind::stage_2_page, Regime::ns_el1, vmid, 0};
  }
};

/// Regimes with two halves and two privilege levels.
constexpr bool has_two_halves(Regime regime) {
  return regime != Regime::el2;
}

}  // namespace iommusim::smmuv3
