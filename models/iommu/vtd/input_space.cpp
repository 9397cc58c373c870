// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/input_space.h"

#include "interrupts/msi.h"
#include "iommu/vtd/context_lookup.h"
#include "iommu/vtd/first_stage_space.h"
#include "iommu/vtd/pasid_lookup.h"
#include "iommu/vtd/scalable_translation.h"
#include "iommu/vtd/second_stage_space.h"

namespace iommusim::vtd {

using iommu::InputSpace;

namespace {

/// What does not depend on the requester.
void add_fixed_borders(const DecisionInputs& unit, std::vector<Iova>& borders) {
  const auto around = [&borders](std::uint64_t first, std::uint64_t last) {
    borders.emplace_back(first);
    borders.push_back(Iova{last} + 1);
  };
  around(interrupts::local_apic_window.first.value(), interrupts::local_apic_window.last.value());
  for (const Range<PhysAddr>& region : unit.protected_memory.regions())
    around(region.first.value(), region.last.value());
  // Pass-through refuses what is wider than the host's addresses.
  borders.emplace_back(unit.format.host_bits() + 1);
}

void enumerate(const DecisionInputs& unit, const SecondStage& stage, InputSpace& space) {
  // One bit for each address bit that the tables take: the first excess address follows the last.
  space.borders.emplace_back(~unit.format.excess_input_bits(stage.levels) + 1);
  iommu::MappedPieces pieces{space};
  SecondStageSpace{unit, stage, pieces}.run();
}

void enumerate_legacy(const DecisionInputs& unit, RequesterId requester, InputSpace& space) {
  iommu::FetchLog fetches;
  TableReader reader{unit.bus, fetches};
  Context context;
  look_up_context({unit.format, unit.remapping.root_table, requester}, reader, context);
  if (context.fault != FaultReason::none || context.type == TranslationType::pass_through) return;
  SecondStage stage;
  stage.table = context.table;
  stage.levels = context.levels;
  enumerate(unit, stage, space);
}

/// Requests without PASID.
void enumerate_scalable(const DecisionInputs& unit, RequesterId requester, InputSpace& space) {
  iommu::FetchLog fetches;
  TableReader reader{unit.bus, fetches};
  Context context;
  look_up_scalable_context({unit.format, unit.remapping.root_table, requester}, reader, context);
  if (context.fault != FaultReason::none) return;
  PasidContext pasid;
  look_up_pasid({unit.format, context.table, context.rid_pasid}, reader, pasid);
  if (pasid.fault != FaultReason::none || pasid.type == Pgtt::pass_through) return;
  if (context.rid_privileged && !pasid.supervisor_requests) return;
  if (pasid.type == Pgtt::second_stage) return enumerate(unit, second_stage_of(pasid), space);
  const unsigned top = input_width(pasid.first_stage_levels) - 1;
  space.borders.emplace_back(std::uint64_t{1} << top);
  space.borders.emplace_back(~std::uint64_t{0} << top);
  iommu::MappedPieces pieces{space};
  FirstStageSpace{unit, pasid, context.rid_privileged, pieces}.run();
}

}  // namespace

InputSpace input_space(const DecisionInputs& unit, RequesterId requester) {
  InputSpace space;
  add_fixed_borders(unit, space.borders);
  if (!unit.remapping.enabled) return space;
  if (unit.remapping.table_mode == TableMode::legacy) enumerate_legacy(unit, requester, space);
  if (unit.remapping.table_mode == TableMode::scalable && unit.format.scalable().is_supported)
    enumerate_scalable(unit, requester, space);
  for (const iommu::MappedRange& range : space.mapped) {
    space.borders.push_back(range.input.first);
    space.borders.push_back(range.input.last + 1);
  }
  return space;
}

}  // namespace iommusim::vtd
