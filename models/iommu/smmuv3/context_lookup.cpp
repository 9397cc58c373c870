// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/context_lookup.h"

#include "iommu/smmuv3/capabilities.h"
#include "iommu/smmuv3/stream_table_lookup.h"

#include <algorithm>

namespace iommusim::smmuv3 {
namespace {

using Cd = ContextDescriptor;
using Ste = StreamTableEntry;

constexpr std::uint64_t descriptor_size = 64;
constexpr std::uint64_t pointer_size = 8;

template <class Structure>
Fault fetch(const char* what, std::uint64_t at, WalkContext& walk, Stage2Walk* nested, Structure& structure) {
  PhysAddr place{at};
  if (nested != nullptr) {
    Stage2Result page;
    nested->find_structure(at, FaultClass::context_descriptor, page);
    if (page.fault) return page.fault;
    place = page.address_of(at);
  }
  if (walk.tables.read(what, place, structure)) return {};
  return {EventCode::f_cd_fetch, false, FaultClass::context_descriptor, true, {}, place.value()};
}

/// Bits of the index into the second table; 0: the table is linear. The value 3 acts as 0.
unsigned leaf_bits(const UnitConfig& config, const Ste& entry) {
  if (context_index_bits(config, entry) == 0) return 0;
  switch (entry.get<Ste::S1Fmt>()) {
    case 1: return 6;
    case 2: return 10;
    default: return 0;
  }
}

/// The first table is aligned to its size.
std::uint64_t table_of(const Ste& entry, unsigned log2_bytes) {
  return entry.word(0) & Ste::s1_context_pointer & ~((std::uint64_t{1} << log2_bytes) - 1);
}

Fault find(const Ste& entry, std::uint32_t index, WalkContext& walk, Stage2Walk* nested, std::uint64_t& at) {
  const UnitConfig& config = walk.unit.config;
  const unsigned all_bits = context_index_bits(config, entry);
  const unsigned low_bits = leaf_bits(config, entry);
  if (low_bits == 0) {
    at = table_of(entry, all_bits + 6) + index * descriptor_size;
    return {};
  }
  const unsigned high_bits = all_bits > low_bits ? all_bits - low_bits : 0;
  const std::uint64_t pointer = table_of(entry, std::max(6U, high_bits + 3)) + (index >> low_bits) * pointer_size;
  L1ContextDescriptor descriptor;
  if (const Fault fault = fetch("L1CD", pointer, walk, nested, descriptor)) return fault;
  const std::uint64_t leaf = descriptor.raw() & L1ContextDescriptor::l2_pointer;
  const unsigned widest = nested != nullptr ? intermediate_bits(config) : config.output_address_bits;
  if (!descriptor.get<L1ContextDescriptor::V>() || exceeds(leaf, widest)) return {EventCode::c_bad_substreamid};
  const std::uint64_t leaf_bytes = descriptor_size << low_bits;
  at = (leaf & ~(leaf_bytes - 1)) + (index & ((1U << low_bits) - 1)) * descriptor_size;
  return {};
}

/// The fields of one half, whichever.
struct HalfFields {
  bool disabled = true;
  std::optional<Granule> granule;
  unsigned txsz = 0;
  std::uint64_t table = 0;
  /// TBI.
  bool ignores_top_byte = false;
};

HalfFields lower_half(const UnitConfig& config, const Cd& descriptor, Regime regime) {
  // EPD0 is ignored where there is one half only.
  if (has_two_halves(regime) && descriptor.get<Cd::EPD0>()) return {};
  return {false, granule_of_tg0(descriptor.get<Cd::TG0>()), descriptor.get<Cd::T0SZ>(),
          table_base_of(config, descriptor.word(1) & Cd::table), descriptor.get<Cd::TBI0>()};
}

HalfFields upper_half(const UnitConfig& config, const Cd& descriptor, Regime regime) {
  if (!has_two_halves(regime) || descriptor.get<Cd::EPD1>()) return {};
  return {false, granule_of_tg1(descriptor.get<Cd::TG1>()), descriptor.get<Cd::T1SZ>(),
          table_base_of(config, descriptor.word(2) & Cd::table), descriptor.get<Cd::TBI1>()};
}

struct Halves {
  HalfFields lower;
  HalfFields upper;
};

Halves halves_of(const UnitConfig& config, const Cd& descriptor, Regime regime) {
  return {lower_half(config, descriptor, regime), upper_half(config, descriptor, regime)};
}

bool is_illegal(const UnitConfig& config, unsigned output_bits, const HalfFields& half) {
  if (half.disabled) return false;
  if (!half.granule || !supports_granule(config, *half.granule)) return true;
  const unsigned least = *half.granule == Granule::size_64k && config.input_address_52 ? 12 : 16;
  if (half.txsz < least || half.txsz > most_t0sz(config, *half.granule)) return true;
  return exceeds(half.table, std::min(output_bits, table_address_bits(*half.granule)));
}

bool has_illegal_faults(const UnitConfig& config, const Ste& entry, const Cd& descriptor) {
  const bool stalls = descriptor.get<Cd::S>();
  if (stalls && (entry.get<Ste::S1STALLD>() || config.stall_model == StallModel::terminate_only)) return true;
  if (!stalls && config.stall_model == StallModel::stall_only) return true;
  return config.abort_only && !descriptor.get<Cd::A>();
}

bool has_illegal_update(const UnitConfig& config, const Cd& descriptor) {
  if (config.table_update == TableUpdate::none && descriptor.get<Cd::HA>()) return true;
  return config.table_update != TableUpdate::access_flag_and_dirty && descriptor.get<Cd::HD>();
}

/// The descriptor selects or needs what the unit lacks. Precondition: V.
bool is_illegal(const UnitConfig& config, const Ste& entry, Regime regime, const Cd& descriptor, const Halves& halves) {
  if (has_illegal_faults(config, entry, descriptor)) return true;
  // VMSAv8-64, little-endian.
  if (!descriptor.get<Cd::AA64>()) return true;
  if (descriptor.get<Cd::ENDI>() && !(halves.lower.disabled && halves.upper.disabled)) return true;
  if (has_illegal_update(config, descriptor)) return true;
  if (has_two_halves(regime) && !config.asid_16 && descriptor.get<Cd::ASID>() > 0xFF) return true;
  const unsigned output_bits = output_bits_of(config, descriptor.get<Cd::IPS>());
  return is_illegal(config, output_bits, halves.lower) || is_illegal(config, output_bits, halves.upper);
}

/// `half` is new.
void take_half(const HalfFields& fields, unsigned output_bits, Stage1Half& half) {
  half.disabled = fields.disabled;
  if (fields.disabled) return;
  half.geometry.granule = *fields.granule;
  half.geometry.input_bits = static_cast<std::uint8_t>(64 - fields.txsz);
  half.geometry.start_level = static_cast<std::uint8_t>(stage_1_start_level(*fields.granule, 64 - fields.txsz));
  half.table = half.geometry.start_table(fields.table, output_bits);
  const unsigned top = fields.ignores_top_byte ? 56 : 64;
  half.repeated_bits = ~std::uint64_t{0} >> (64 - top) & ~std::uint64_t{0} << half.geometry.input_bits;
}

void take_fields(const UnitConfig& config, const Cd& descriptor, const Halves& halves, StreamContext& context) {
  Stage1& stage = context.stage_1;
  Stage1Half& lower = stage.halves[0];
  Stage1Half& upper = stage.halves[1];
  stage.output_bits = static_cast<std::uint8_t>(output_bits_of(config, descriptor.get<Cd::IPS>()));
  take_half(halves.lower, stage.output_bits, lower);
  take_half(halves.upper, stage.output_bits, upper);
  lower.ignores_hierarchy = config.hierarchical_attribute_disable && descriptor.get<Cd::HAD0>();
  upper.ignores_hierarchy = config.hierarchical_attribute_disable && descriptor.get<Cd::HAD1>();
  const bool has_e0pd = config.e0pd && has_two_halves(context.regime);
  lower.e0pd = has_e0pd && descriptor.get<Cd::E0PD0>();
  upper.e0pd = has_e0pd && descriptor.get<Cd::E0PD1>();
  stage.memory_attributes = descriptor.get<Cd::MAIR>();
  stage.ignores_access_flag = descriptor.get<Cd::AFFD>();
  stage.updates_access_flag = descriptor.get<Cd::HA>();
  stage.updates_dirty = descriptor.get<Cd::HA>() && descriptor.get<Cd::HD>();
  stage.wxn = descriptor.get<Cd::WXN>();
  stage.pan = descriptor.get<Cd::PAN>();
  stage.epan = config.enhanced_pan && descriptor.get<Cd::EPAN>();
  stage.faults = {descriptor.get<Cd::A>(), descriptor.get<Cd::R>(), descriptor.get<Cd::S>()};
  if (has_two_halves(context.regime)) context.asid = descriptor.get<Cd::ASID>();
  context.pages = {TranslationTag::Kind::page, context.regime, context.vmid, context.asid};
}

}  // namespace

ContextChoice choose_context(const UnitConfig& config, const Ste& entry, std::optional<Pasid> substream) {
  const unsigned bits = context_index_bits(config, entry);
  if (substream.has_value()) {
    if (!has_stage_1(entry) || bits == 0 || exceeds(substream->value(), bits)) return {EventCode::c_bad_substreamid};
    // Context 0 is for what has no SubstreamID.
    if (substream->value() == 0 && entry.get<Ste::S1DSS>() == 2) return {EventCode::f_stream_disabled};
    return {EventCode::none, false, substream->value()};
  }
  if (!has_stage_1(entry) || bits == 0) return {};
  switch (entry.get<Ste::S1DSS>()) {
    case 1: return {EventCode::none, true, 0};
    case 2: return {};
    default: return {EventCode::f_stream_disabled};
  }
}

[[gnu::flatten]] Fault look_up_context(const Ste& entry, std::uint32_t index, WalkContext& walk, Stage2Walk* nested,
                                       StreamContext& context) {
  std::uint64_t at = 0;
  if (const Fault fault = find(entry, index, walk, nested, at)) return fault;
  Cd descriptor;
  if (const Fault fault = fetch("CD", at, walk, nested, descriptor)) return fault;
  const UnitConfig& config = walk.unit.config;
  const Halves halves = halves_of(config, descriptor, context.regime);
  if (!descriptor.get<Cd::V>() || is_illegal(config, entry, context.regime, descriptor, halves))
    return {EventCode::c_bad_cd};
  take_fields(config, descriptor, halves, context);
  return {};
}

}  // namespace iommusim::smmuv3
