// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/command_decoding.h"

#include <algorithm>

namespace iommusim::smmuv3 {
namespace {

using ConfigScope = ConfigInvalidation::Scope;
using TlbScope = TlbInvalidation::Scope;

constexpr unsigned range_of_everything = 31;

TlbScope scope_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::tlbi_nh_all:
    case Opcode::tlbi_el2_all: return TlbScope::all;
    case Opcode::tlbi_nh_asid:
    case Opcode::tlbi_el2_asid: return TlbScope::asid;
    case Opcode::tlbi_nh_va:
    case Opcode::tlbi_el2_va: return TlbScope::va_asid;
    case Opcode::tlbi_nh_vaa:
    case Opcode::tlbi_el2_vaa: return TlbScope::va;
    case Opcode::tlbi_s12_vmall: return TlbScope::vmid_both_stages;
    case Opcode::tlbi_s2_ipa: return TlbScope::ipa;
    default: return TlbScope::all_non_hypervisor;
  }
}

/// Entries with ASIDs are in EL2 those of E2H, whatever CR2 says now (4.4.2.10).
Regime regime_of(Opcode opcode, bool e2h) {
  switch (opcode) {
    case Opcode::tlbi_el2_all: return Regime::el2;
    case Opcode::tlbi_el2_asid: return Regime::el2_e2h;
    case Opcode::tlbi_el2_va:
    case Opcode::tlbi_el2_vaa: return e2h ? Regime::el2_e2h : Regime::el2;
    default: return Regime::ns_el1;
  }
}

/// Bytes of an address range: (NUM + 1) * 2^SCALE granules, which does not wrap (4.4.1).
std::uint64_t range_bytes(const TlbCommand& command, std::uint64_t first) {
  const unsigned granule_shift = 10 + 2 * command.get<TlbCommand::TG>();
  const unsigned shift = command.get<TlbCommand::SCALE>() + granule_shift;
  const std::uint64_t granules = command.get<TlbCommand::NUM>() + 1;
  const std::uint64_t most = ~first;
  const bool fits = shift < 58 && granules << shift <= most;
  return fits ? granules << shift : most;
}

void set_addresses(TlbInvalidation& request, const TlbCommand& command, bool ranges) {
  request.address = command.get<TlbCommand::Address>() << 12;
  const unsigned granule = command.get<TlbCommand::TG>();
  if (!ranges || granule == 0) return;
  request.address &= ~((std::uint64_t{1} << (10 + 2 * granule)) - 1);
  request.size = range_bytes(command, request.address);
}

std::optional<Pasid> substream_of(const Command& command) {
  if (!command.get<Command::SSV>()) return std::nullopt;
  return Pasid{command.get<Command::SubstreamID>()};
}

/// A span of 2^52 pages is everything; larger values say the same.
Range<Iova> span_of(const DeviceTlbCommand& command) {
  const unsigned size = command.get<DeviceTlbCommand::Size>();
  const std::uint64_t offsets = size >= 52 ? ~std::uint64_t{0} : (page_4k << size) - 1;
  const std::uint64_t address = command.get<DeviceTlbCommand::Address>() << 12;
  return {Iova{address & ~offsets}, Iova{address | offsets}};
}

iommu::PageResponse response_code(PageResponseCommand::Response response) {
  switch (response) {
    case PageResponseCommand::Response::success: return iommu::PageResponse::success;
    case PageResponseCommand::Response::invalid: return iommu::PageResponse::invalid_request;
    default: return iommu::PageResponse::response_failure;
  }
}

}  // namespace

ConfigInvalidation config_invalidation_of(const ConfigCommand& command) {
  ConfigInvalidation request;
  request.stream = request.last_stream = command.get<Command::StreamID>();
  switch (command.get<Command::OPCODE>()) {
    case Opcode::cfgi_ste: request.scope = ConfigScope::stream; break;
    case Opcode::cfgi_cd:
      request.scope = ConfigScope::context;
      request.substream = command.get<Command::SubstreamID>();
      break;
    case Opcode::cfgi_cd_all: request.scope = ConfigScope::contexts; return request;
    default: {
      const unsigned range = command.get<ConfigCommand::Range>();
      if (range == range_of_everything) return {};
      const std::uint32_t offsets = (std::uint32_t{2} << range) - 1;
      request.scope = ConfigScope::streams;
      request.stream &= ~offsets;
      request.last_stream |= offsets;
      return request;
    }
  }
  request.leaf = command.get<ConfigCommand::Leaf>();
  return request;
}

TlbInvalidation tlb_invalidation_of(const TlbCommand& command, const TlbCommandContext& context) {
  const Opcode opcode = command.get<Command::OPCODE>();
  TlbInvalidation request;
  request.scope = scope_of(opcode);
  request.regime = regime_of(opcode, context.e2h);
  if (request.regime == Regime::ns_el1) {
    request.vmid = command.get<TlbCommand::VMID>();
    request.vmid_ignored = context.vmid_ignored;
  }
  request.asid = command.get<TlbCommand::ASID>();
  switch (request.scope) {
    case TlbScope::va_asid:
    case TlbScope::va:
    case TlbScope::ipa:
      set_addresses(request, command, context.ranges);
      request.leaf = command.get<TlbCommand::Leaf>();
      break;
    default: break;
  }
  return request;
}

iommu::DeviceTlbInvalidation device_invalidation_of(const DeviceTlbCommand& command, RequesterId target) {
  iommu::DeviceTlbInvalidation request;
  request.target = target;
  request.pasid = substream_of(command);
  request.global = request.pasid.has_value() && command.get<DeviceTlbCommand::Global>();
  request.block = span_of(command);
  return request;
}

iommu::PageGroupResponse page_response_of(const PageResponseCommand& command, RequesterId target) {
  return {target, substream_of(command), command.get<PageResponseCommand::PRGIndex>(),
          response_code(command.get<PageResponseCommand::Resp>())};
}

std::optional<RequesterId> requester_of(const UnitConfig& config, std::uint32_t stream) {
  if (config.streams.empty())
    return stream <= 0xFFFF ? std::optional{RequesterId{static_cast<std::uint16_t>(stream)}} : std::nullopt;
  const auto found = std::find_if(config.streams.begin(), config.streams.end(), [stream](const StreamMapping& mapping) {
    return stream >= mapping.stream && stream - mapping.stream < mapping.count;
  });
  if (found == config.streams.end()) return std::nullopt;
  return RequesterId{static_cast<std::uint16_t>(found->first.raw() + (stream - found->stream))};
}

}  // namespace iommusim::smmuv3
