// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/stream_table_lookup.h"

#include "iommu/smmuv3/capabilities.h"

#include <algorithm>

namespace iommusim::smmuv3 {
namespace {

using Ste = StreamTableEntry;

constexpr unsigned log2_entry_bytes = 6;
constexpr unsigned log2_pointer_bytes = 3;
constexpr unsigned widest_span = 11;

PhysAddr aligned(PhysAddr address, unsigned log2_bytes) {
  return address.aligned_down(std::uint64_t{1} << log2_bytes);
}

/// Where the entry is.
Fault find_linear(const StreamTableBase& streams, std::uint32_t stream, PhysAddr& entry) {
  entry = streams.address + (std::uint64_t{stream} << log2_entry_bytes);
  return {};
}

Fault find_two_level(const StreamTableBase& streams, std::uint32_t stream, iommu::TableReader& tables,
                     PhysAddr& entry) {
  const PhysAddr at = streams.address + (std::uint64_t{stream >> streams.split} << log2_pointer_bytes);
  L1StreamTableDescriptor descriptor;
  if (!tables.read("L1STD", at, descriptor)) return {EventCode::f_ste_fetch, false, {}, false, {}, at.value()};
  const unsigned span = descriptor.get<L1StreamTableDescriptor::Span>();
  if (span == 0 || span > std::min(widest_span, streams.split + 1)) return {EventCode::c_bad_streamid};
  const std::uint32_t index = stream & ((1U << streams.split) - 1);
  if (index >= 1U << (span - 1)) return {EventCode::c_bad_streamid};
  const PhysAddr leaf =
      aligned(PhysAddr{descriptor.raw() & L1StreamTableDescriptor::l2_pointer}, span - 1 + log2_entry_bytes);
  entry = leaf + (std::uint64_t{index} << log2_entry_bytes);
  return {};
}

/// STRW counts for stage 1 alone; nested streams are of NS-EL1 (5.2.2, IgnoreSTESTRW).
bool uses_stream_world(const UnitConfig& config, const Ste& entry) {
  return config.stage_1 && config.hypervisor && has_stage_1(entry) && !has_stage_2(entry);
}

/// 5.2.2, IgnoreSTES2VMID.
bool uses_vmid(const UnitConfig& config, const Ste& entry) {
  if (!config.stage_2 || (!has_stage_1(entry) && !has_stage_2(entry))) return false;
  return !uses_stream_world(config, entry) || entry.get<Ste::STRW>() == 0;
}

bool has_illegal_ats(const UnitConfig& config, const Ste& entry) {
  if (!config.ats || (!has_stage_1(entry) && !has_stage_2(entry))) return false;
  const bool stalls = entry.get<Ste::S2S>();
  switch (entry.get<Ste::EATS>()) {
    case 1: return stalls && has_stage_2(entry);
    case 2: return !has_stage_1(entry) || !has_stage_2(entry) || stalls || config.no_split_stage_ats;
    default: return false;
  }
}

bool has_illegal_stage_1(const UnitConfig& config, const Ste& entry) {
  if (!config.stage_1) return true;
  if (entry.get<Ste::S1STALLD>() && config.stall_model != StallModel::stall_and_terminate) return true;
  const unsigned bits = context_index_bits(config, entry);
  if (bits > config.substream_id_bits) return true;
  const unsigned format = entry.get<Ste::S1Fmt>();
  if (bits != 0 && !config.two_level_contexts && (format == 1 || format == 2)) return true;
  const unsigned address_bits = has_stage_2(entry) ? intermediate_bits(config) : config.output_address_bits;
  return exceeds(entry.word(0) & Ste::s1_context_pointer, address_bits);
}

bool has_illegal_update(const UnitConfig& config, const Ste& entry) {
  if (config.table_update == TableUpdate::none && entry.get<Ste::S2HA>()) return true;
  return config.table_update != TableUpdate::access_flag_and_dirty && entry.get<Ste::S2HD>();
}

bool has_illegal_stall(const UnitConfig& config, const Ste& entry) {
  if (config.stall_model == StallModel::terminate_only) return entry.get<Ste::S2S>();
  return config.stall_model == StallModel::stall_only && !entry.get<Ste::S2S>();
}

/// The level that S2SL0 names; nullopt: reserved, or not for so small a physical address space (VMSAv8-64, VTCR).
std::optional<unsigned> stage_2_start_level(const UnitConfig& config, Granule granule, unsigned sl0) {
  const unsigned bits = config.output_address_bits;
  if (granule == Granule::size_4k) {
    if (sl0 == 3) return config.small_tables ? std::optional<unsigned>{3} : std::nullopt;
    if (sl0 == 2 && bits < 44) return std::nullopt;
    return 2 - sl0;
  }
  const unsigned least_for_level_1 = granule == Granule::size_16k ? 42 : 44;
  if (sl0 == 3 || (sl0 == 2 && bits < least_for_level_1)) return std::nullopt;
  return 3 - sl0;
}

/// nullopt: S2TG, S2T0SZ and S2SL0 do not fit each other or the unit. At most 16 tables are concatenated.
std::optional<TableGeometry> stage_2_geometry(const UnitConfig& config, const Ste& entry) {
  const auto granule = granule_of_tg0(entry.get<Ste::S2TG>());
  if (!granule || !supports_granule(config, *granule)) return std::nullopt;
  const unsigned t0sz = entry.get<Ste::S2T0SZ>();
  const unsigned least = std::max(*granule == Granule::size_64k ? 12U : 16U, 64 - intermediate_bits(config));
  if (t0sz < least || t0sz > most_t0sz(config, *granule)) return std::nullopt;
  const auto level = stage_2_start_level(config, *granule, entry.get<Ste::S2SL0>());
  if (!level) return std::nullopt;
  const unsigned input_bits = 64 - t0sz;
  const unsigned shift = index_shift(*granule, *level);
  if (input_bits < shift + 1 || input_bits > shift + stride(*granule) + 4) return std::nullopt;
  return TableGeometry{*granule, static_cast<std::uint8_t>(input_bits), static_cast<std::uint8_t>(*level)};
}

bool has_illegal_stage_2(const UnitConfig& config, const Ste& entry) {
  if (!config.stage_2) return true;
  if (has_illegal_stall(config, entry) || has_illegal_update(config, entry)) return true;
  // VMSAv8-64, little-endian.
  if (!entry.get<Ste::S2AA64>() || entry.get<Ste::S2ENDI>()) return true;
  const auto geometry = stage_2_geometry(config, entry);
  if (!geometry) return true;
  const unsigned bits = std::min(output_bits_of(config, entry.get<Ste::S2PS>()), table_address_bits(geometry->granule));
  return exceeds(table_base_of(config, entry.word(3) & Ste::s2_table), bits);
}

void take_stage_2(const UnitConfig& config, const Ste& entry, Stage2& stage) {
  stage.geometry = *stage_2_geometry(config, entry);
  stage.output_bits = static_cast<std::uint8_t>(output_bits_of(config, entry.get<Ste::S2PS>()));
  stage.table = stage.geometry.start_table(table_base_of(config, entry.word(3) & Ste::s2_table), stage.output_bits);
  stage.ignores_access_flag = entry.get<Ste::S2AFFD>();
  stage.updates_access_flag = entry.get<Ste::S2HA>();
  stage.updates_dirty = entry.get<Ste::S2HA>() && entry.get<Ste::S2HD>();
  stage.protects_walks = entry.get<Ste::S2PTW>();
  stage.forces_write_back = config.force_write_back && entry.get<Ste::S2FWB>();
  stage.faults = {true, entry.get<Ste::S2R>(), entry.get<Ste::S2S>()};
}

/// Without IDR1.ATTR_TYPES_OVR and ATTR_PERMS_OVR the fields are RES0.
AttributeOverrides overrides_of(const UnitConfig& config, const Ste& entry) {
  AttributeOverrides overrides;
  if (config.attribute_type_overrides) {
    overrides.replaces_type = entry.get<Ste::MTCFG>();
    overrides.memory = entry.get<Ste::MemAttr>();
    overrides.allocation = entry.get<Ste::ALLOCCFG>();
    overrides.shareability = entry.get<Ste::SHCFG>();
  }
  if (config.attribute_permission_overrides) {
    overrides.privilege = entry.get<Ste::PRIVCFG>();
    overrides.instruction = entry.get<Ste::INSTCFG>();
  }
  return overrides;
}

AtsMode ats_mode_of(const UnitConfig& config, const Ste& entry) {
  const unsigned mode = entry.get<Ste::EATS>();
  if (!config.ats || mode == 3 || (!has_stage_1(entry) && !has_stage_2(entry))) return AtsMode::off;
  return static_cast<AtsMode>(mode);
}

}  // namespace

[[gnu::flatten]] Fault look_up_stream(const UnitConfig& config, const StreamTableBase& streams, std::uint32_t stream,
                                      iommu::TableReader& tables, Ste& entry) {
  if (exceeds(stream, streams.log2_size)) return {EventCode::c_bad_streamid};
  PhysAddr at;
  const Fault fault =
      streams.two_level ? find_two_level(streams, stream, tables, at) : find_linear(streams, stream, at);
  if (fault) return fault;
  if (!tables.read("STE", at, entry)) return {EventCode::f_ste_fetch, false, {}, false, {}, at.value()};
  if (!entry.get<Ste::V>() || (!aborts_all(entry) && is_illegal(config, entry))) return {EventCode::c_bad_ste};
  return {};
}

bool is_illegal(const UnitConfig& config, const Ste& entry) {
  if (has_illegal_ats(config, entry)) return true;
  if (uses_stream_world(config, entry) && (entry.get<Ste::STRW>() & 1) != 0) return true;
  if (has_stage_1(entry) && has_illegal_stage_1(config, entry)) return true;
  if (has_stage_2(entry) && has_illegal_stage_2(config, entry)) return true;
  return uses_vmid(config, entry) && !config.vmid_16 && entry.get<Ste::S2VMID>() > 0xFF;
}

void take_entry(const UnitConfig& config, bool e2h, const Ste& entry, StreamContext& context) {
  context = {};
  context.aborts = aborts_all(entry);
  if (context.aborts) return;
  context.has_stage_1 = has_stage_1(entry);
  context.has_stage_2 = has_stage_2(entry);
  context.ats = ats_mode_of(config, entry);
  context.merges_events = entry.get<Ste::MEV>();
  context.page_response_pasid = entry.get<Ste::PPAR>();
  context.overrides = overrides_of(config, entry);
  if (uses_stream_world(config, entry) && entry.get<Ste::STRW>() == 2)
    context.regime = e2h ? Regime::el2_e2h : Regime::el2;
  if (uses_vmid(config, entry)) context.vmid = entry.get<Ste::S2VMID>();
  if (context.has_stage_2) take_stage_2(config, entry, context.stage_2);
  context.pages = context.pages_of_stage_2();
}

}  // namespace iommusim::smmuv3
