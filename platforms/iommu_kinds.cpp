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

}  // namespace

PhysAddr register_base(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return iommu.vtd.register_base;
}

std::uint64_t register_bytes(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return register_bytes(iommu.vtd);
}

bool remaps_interrupts(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return iommu.vtd.interrupt_remapping;
}

bool has_stage(const IommuDescription& iommu, Stage stage) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return has_stage(iommu.vtd, stage);
}

bool has_nesting(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return iommu.vtd.nested;
}

std::vector<unsigned> table_levels(const IommuDescription& iommu, Stage stage) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return table_levels(iommu.vtd, stage);
}

unsigned input_width(const IommuDescription& iommu, Stage stage, unsigned levels) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return input_width(iommu.vtd, stage, levels);
}

unsigned output_width(const IommuDescription& iommu) {
  switch (iommu.kind) {
    case IommuKind::vtd: break;
  }
  return iommu.vtd.host_address_width;
}

}  // namespace iommusim::platforms
