// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/control_registers.h"

#include <algorithm>

namespace iommusim::smmuv3 {
namespace {

constexpr unsigned ste_size_shift = 6;
constexpr unsigned l1_descriptor_shift = 3;

/// STRTAB_BASE_CFG.SPLIT: 6, 8 or 10; anything else behaves as 6.
unsigned effective_split(const StreamTableConfig& table) {
  const unsigned split = table.get<StreamTableConfig::SPLIT>();
  return split == 8 || split == 10 ? split : 6;
}

/// log2 of what the table is aligned to (STRTAB_BASE.ADDR).
unsigned alignment_shift(const StreamTableBase& table) {
  if (!table.two_level) return table.log2_size + ste_size_shift;
  const unsigned l1_entries = table.log2_size > table.split ? table.log2_size - table.split : 0;
  return std::max(ste_size_shift, l1_entries + l1_descriptor_shift);
}

/// Addresses beyond the output size are truncated (3.4.3).
StreamTableBase stream_table(const RegisterFile& registers, const UnitConfig& config) {
  const auto base = registers.load<StreamTableBaseAddress>(RegisterId::strtab_base);
  const auto table = registers.load<StreamTableConfig>(RegisterId::strtab_base_cfg);
  StreamTableBase result;
  result.log2_size = std::min<unsigned>(table.get<StreamTableConfig::LOG2SIZE>(), config.stream_id_bits);
  result.split = effective_split(table);
  result.two_level = config.two_level_streams && table.get<StreamTableConfig::FMT>() == 1;
  const std::uint64_t reachable = (std::uint64_t{1} << config.output_address_bits) - 1;
  const PhysAddr address{base.raw() & StreamTableBaseAddress::ADDR::mask & reachable};
  result.address = address.aligned_down(std::uint64_t{1} << alignment_shift(result));
  return result;
}

GlobalBypass global_bypass(const RegisterFile& registers) {
  const auto gbpa = registers.load<GlobalBypassAttribute>(RegisterId::gbpa);
  GlobalBypass result;
  result.abort = gbpa.get<GlobalBypassAttribute::ABORT>();
  result.memory_attributes = gbpa.get<GlobalBypassAttribute::MemAttr>();
  result.overrides_type = gbpa.get<GlobalBypassAttribute::MTCFG>();
  result.allocation = gbpa.get<GlobalBypassAttribute::ALLOCCFG>();
  result.shareability = gbpa.get<GlobalBypassAttribute::SHCFG>();
  result.privilege = gbpa.get<GlobalBypassAttribute::PRIVCFG>();
  result.instruction = gbpa.get<GlobalBypassAttribute::INSTCFG>();
  return result;
}

}  // namespace

ControlState control_state_of(const RegisterFile& registers, const UnitConfig& config) {
  const auto cr2 = registers.load<Control2>(RegisterId::cr2);
  ControlState state;
  state.enabled = registers.in_force<Control0::SMMUEN>();
  state.ats_check = registers.in_force<Control0::ATSCHK>();
  state.e2h = cr2.get<Control2::E2H>();
  state.record_bad_stream_ids = cr2.get<Control2::RECINVSID>();
  state.record_ats_errors = cr2.get<Control2::REC_CFG_ATS>();
  state.bypass = global_bypass(registers);
  state.streams = stream_table(registers, config);
  return state;
}

std::uint16_t ignored_vmid_bits(const RegisterFile& registers) {
  const unsigned bits = registers.in_force<Control0::VMW>();
  return bits <= 4 ? static_cast<std::uint16_t>((1U << bits) - 1) : 0;
}

}  // namespace iommusim::smmuv3
