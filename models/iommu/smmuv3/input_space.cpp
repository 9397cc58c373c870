// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/input_space.h"

#include "iommu/smmuv3/context_lookup.h"
#include "iommu/smmuv3/stream_table_lookup.h"
#include "iommu/smmuv3/table_space.h"

namespace iommusim::smmuv3 {
namespace {

UnitConfig without_caches(UnitConfig config) {
  config.config_cache_entries = config.micro_tlb_entries = config.tlb_entries = 0;
  config.walk_cache_entries = config.ipa_cache_entries = 0;
  return config;
}

/// False: no request without SubstreamID is translated.
bool find_context(const DecisionInputs& unit, std::uint32_t stream, StreamContext& context) {
  iommu::FetchLog fetches;
  DecisionEffects effects;
  WalkContext walk{unit, fetches, effects};
  StreamTableEntry entry;
  if (look_up_stream(unit.config, unit.control.streams, stream, walk.tables, entry)) return false;
  take_entry(unit.config, unit.control.e2h, entry, context);
  if (context.aborts) return false;
  const ContextChoice choice = choose_context(unit.config, entry, std::nullopt);
  if (choice.fault != EventCode::none) return false;
  context.bypasses_stage_1 = choice.bypasses_stage_1;
  if (!context.translates_stage_1()) return context.has_stage_2;
  Stage2Walk nested{walk, context};
  return !look_up_context(entry, choice.index, walk, context.has_stage_2 ? &nested : nullptr, context);
}

/// Where the range checks change their answer.
void add_range_borders(const StreamContext& context, std::vector<Iova>& borders) {
  if (!context.translates_stage_1()) {
    borders.emplace_back(std::uint64_t{1} << context.stage_2.geometry.input_bits);
    return;
  }
  const auto& halves = context.stage_1.halves;
  borders.emplace_back(std::uint64_t{1} << 55);
  if (!halves[0].disabled) borders.emplace_back(std::uint64_t{1} << halves[0].geometry.input_bits);
  if (!halves[1].disabled) borders.emplace_back(~std::uint64_t{0} << halves[1].geometry.input_bits);
}

}  // namespace

iommu::InputSpace input_space(const DecisionInputs& unit, RequesterId requester) {
  iommu::InputSpace space;
  // Bypass refuses what is wider than output addresses.
  space.borders.emplace_back(std::uint64_t{1} << unit.config.output_address_bits);
  const auto stream = stream_of(unit.config, requester);
  if (!unit.control.enabled || !stream) return space;
  const TranslationCaches none{without_caches(unit.config)};
  const DecisionInputs uncached{unit.config, unit.control, none, unit.bus};
  StreamContext context;
  if (!find_context(uncached, *stream, context)) return space;
  add_range_borders(context, space.borders);
  iommu::MappedPieces pieces{space};
  TableSpace{uncached, context, pieces}.run();
  for (const iommu::MappedRange& range : space.mapped) {
    space.borders.push_back(range.input.first);
    space.borders.push_back(range.input.last + 1);
  }
  return space;
}

}  // namespace iommusim::smmuv3
