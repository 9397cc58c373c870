// SPDX-License-Identifier: Apache-2.0
#include "platforms/iommu_kinds.h"

#include <algorithm>

namespace iommusim::platforms {

using software::Stage;

namespace {

/// All that the last register needs.
std::uint64_t register_bytes(const vtd::UnitConfig& config) {
  const std::uint64_t fault_records_end = config.fault_record_offset + std::uint64_t{config.fault_records} * 16;
  const std::uint64_t end = std::max<std::uint64_t>(fault_records_end, config.iotlb_offset + 16U);
  return (end + page_4k - 1) / page_4k * page_4k;
}

bool has_stage(const vtd::UnitConfig& unit, Stage stage) {
  return stage == Stage::first ? unit.first_stage : !unit.scalable_mode || unit.second_stage;
}

std::vector<unsigned> table_levels(const vtd::UnitConfig& unit, Stage stage) {
  if (stage == Stage::second) return unit.table_levels;
  return unit.first_stage_5_levels ? std::vector<unsigned>{4, 5} : std::vector<unsigned>{4};
}

/// The highest bit of first-stage addresses is a sign.
unsigned input_width(const vtd::UnitConfig& unit, Stage stage, unsigned levels) {
  const unsigned table_width = 12 + 9 * levels;
  return stage == Stage::first ? table_width - 1 : std::min(unit.guest_address_width, table_width);
}

/// The page size that an operating system chooses for all tables: the smallest.
unsigned page_shift(const smmuv3::UnitConfig& unit) {
  if (unit.granule_4k) return 12;
  return unit.granule_16k ? 14 : 16;
}

/// What Linux gives its tables: 48 bits, and intermediate addresses not more than there are outputs.
unsigned widest_input(const smmuv3::UnitConfig& unit, Stage stage) {
  constexpr unsigned most = 48;
  return stage == Stage::first ? most : std::min(most, unit.output_address_bits);
}

bool has_stage(const smmuv3::UnitConfig& unit, Stage stage) {
  return stage == Stage::first ? unit.stage_1 : unit.stage_2;
}

/// Table entries have 8 bytes.
unsigned bits_per_level(const smmuv3::UnitConfig& unit) {
  return page_shift(unit) - 3;
}

std::vector<unsigned> table_levels(const smmuv3::UnitConfig& unit, Stage stage) {
  const unsigned resolved = widest_input(unit, stage) - page_shift(unit);
  const unsigned deepest = (resolved + bits_per_level(unit) - 1) / bits_per_level(unit);
  constexpr unsigned least = 2;
  std::vector<unsigned> levels;
  for (unsigned i = least; i <= deepest; ++i)
    levels.push_back(i);
  return levels;
}

unsigned input_width(const smmuv3::UnitConfig& unit, Stage stage, unsigned levels) {
  return std::min(widest_input(unit, stage), page_shift(unit) + levels * bits_per_level(unit));
}

}  // namespace

PhysAddr register_base(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
    case IommuKind::smmuv3: return iommu.smmuv3.register_base;
  }
  return iommu.vtd.register_base;
}

std::uint64_t register_bytes(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
    case IommuKind::smmuv3: return smmuv3::register_bytes(iommu.smmuv3);
  }
  return register_bytes(iommu.vtd);
}

bool remaps_interrupts(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::vtd && iommu.vtd.interrupt_remapping;
}

bool has_extended_destinations(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::vtd && iommu.vtd.extended_interrupt_mode;
}

bool posts_interrupts(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::vtd && iommu.vtd.posted_interrupts;
}

bool has_stage(const IommuDescription& iommu, Stage stage) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
    case IommuKind::smmuv3: return has_stage(iommu.smmuv3, stage);
  }
  return has_stage(iommu.vtd, stage);
}

bool has_nesting(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: return iommu.vtd.nested;
    case IommuKind::smmuv3: break;
  }
  return iommu.smmuv3.stage_1 && iommu.smmuv3.stage_2;
}

std::string_view reserved_memory_name(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::smmuv3 ? "RMR" : "RMRR";
}

std::string_view reserved_memory_key(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::smmuv3 ? "rmrs" : "rmrrs";
}

std::string_view translation_cache_name(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::smmuv3 ? "TLB" : "IOTLB";
}

std::string_view device_invalidation_name(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::smmuv3 ? "CMD_ATC_INV" : "dev_tlb_inv_dsc";
}

/// Linux maps by the first stage where an SMMUv3 has it, and by the second where a VT-d unit does.
Stage usual_stage(const IommuDescription& iommu) {
  return iommu.kind == IommuKind::smmuv3 && iommu.smmuv3.stage_1 ? Stage::first : Stage::second;
}

std::uint64_t page_size(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
    case IommuKind::smmuv3: return std::uint64_t{1} << page_shift(iommu.smmuv3);
  }
  return page_4k;
}

std::vector<unsigned> table_levels(const IommuDescription& iommu, Stage stage) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
    case IommuKind::smmuv3: return table_levels(iommu.smmuv3, stage);
  }
  return table_levels(iommu.vtd, stage);
}

unsigned input_width(const IommuDescription& iommu, Stage stage, unsigned levels) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
    case IommuKind::smmuv3: return input_width(iommu.smmuv3, stage, levels);
  }
  return input_width(iommu.vtd, stage, levels);
}

unsigned output_width(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
    case IommuKind::smmuv3: return iommu.smmuv3.output_address_bits;
  }
  return iommu.vtd.host_address_width;
}

}  // namespace iommusim::platforms
