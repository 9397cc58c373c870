// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/command_check.h"

namespace iommusim::smmuv3 {
namespace {

/// Opcodes that exist, and the feature that each needs.
bool is_supported(Opcode opcode, const UnitConfig& config) {
  switch (opcode) {
    case Opcode::prefetch_config:
    case Opcode::prefetch_addr:
    case Opcode::cfgi_ste:
    case Opcode::cfgi_ste_range:
    case Opcode::tlbi_nsnh_all:
    case Opcode::sync: return true;
    case Opcode::cfgi_cd:
    case Opcode::cfgi_cd_all:
    case Opcode::tlbi_nh_all:
    case Opcode::tlbi_nh_asid:
    case Opcode::tlbi_nh_va:
    case Opcode::tlbi_nh_vaa: return config.stage_1;
    case Opcode::tlbi_el2_all:
    case Opcode::tlbi_el2_asid:
    case Opcode::tlbi_el2_va:
    case Opcode::tlbi_el2_vaa: return config.hypervisor;
    case Opcode::tlbi_s12_vmall:
    case Opcode::tlbi_s2_ipa: return config.stage_2;
    case Opcode::atc_inv: return config.ats;
    case Opcode::pri_resp: return config.pri;
    case Opcode::resume:
    case Opcode::stall_term: return config.stall_model != StallModel::terminate_only;
  }
  return false;
}

/// Commands whose StreamID has a security state (4.1.6).
bool has_security_state(Opcode opcode) {
  switch (opcode) {
    case Opcode::prefetch_config:
    case Opcode::prefetch_addr:
    case Opcode::cfgi_ste:
    case Opcode::cfgi_ste_range:
    case Opcode::cfgi_cd:
    case Opcode::cfgi_cd_all:
    case Opcode::resume:
    case Opcode::stall_term: return true;
    default: return false;
  }
}

bool has_address(Opcode opcode) {
  switch (opcode) {
    case Opcode::tlbi_nh_va:
    case Opcode::tlbi_nh_vaa:
    case Opcode::tlbi_el2_va:
    case Opcode::tlbi_el2_vaa:
    case Opcode::tlbi_s2_ipa: return true;
    default: return false;
  }
}

/// A granule without a range or a level says nothing (4.4.1). 16 KiB tables have no blocks at level 1, so that TTL 1
/// is no level there.
bool is_empty_range(const TlbCommand& command) {
  constexpr unsigned granule_16k = 2;
  const unsigned granule = command.get<TlbCommand::TG>();
  const std::uint64_t level = command.get<TlbCommand::TTL>();
  const bool has_level = level > (granule == granule_16k ? 1U : 0U);
  return granule != 0 && command.get<TlbCommand::NUM>() == 0 && command.get<TlbCommand::SCALE>() == 0 && !has_level;
}

}  // namespace

bool is_legal(const Command& command, const UnitConfig& config) {
  const Opcode opcode = command.get<Command::OPCODE>();
  if (!is_supported(opcode, config)) return false;
  if (has_security_state(opcode) && command.get<Command::SSec>()) return false;
  if (opcode == Opcode::pri_resp)
    return as<PageResponseCommand>(command).get<PageResponseCommand::Resp>() != PageResponseCommand::Response::reserved;
  if (opcode == Opcode::sync) return as<SyncCommand>(command).get<SyncCommand::CS>() != SyncCommand::Signal::reserved;
  return !(has_address(opcode) && config.range_invalidation && is_empty_range(as<TlbCommand>(command)));
}

}  // namespace iommusim::smmuv3
