// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/context_lookup.h"

#include "iommu/vtd/root_entry.h"

namespace iommusim::vtd {
namespace {

constexpr std::uint64_t entry_size = 16;

FaultReason check(const TableFormat& format, const RootEntry& root) {
  if (!root.get<RootEntry::P>()) return FaultReason::root_entry_not_present;
  const std::uint64_t reserved_low = RootEntry::reserved_low | (RootEntry::CTP::mask & ~format.host_bits());
  if ((root.word(0) & reserved_low) != 0 || (root.word(1) & RootEntry::reserved_high) != 0)
    return FaultReason::root_entry_reserved;
  return FaultReason::none;
}

/// SSPTPTR is ignored for pass-through, so its bits beyond the host address width count in the other types
/// only.
std::uint64_t reserved_low_bits(const TableFormat& format, const ContextEntry& entry) {
  const bool ignores_pointer = entry.get<ContextEntry::TT>() == TranslationType::pass_through;
  const std::uint64_t pointer = ignores_pointer ? 0 : ContextEntry::SSPTPTR::mask & ~format.host_bits();
  return ContextEntry::reserved_low | pointer;
}

bool has_valid_programming(const TableFormat& format, const ContextEntry& entry) {
  const unsigned levels = levels_of(entry.get<ContextEntry::AW>());
  if (!format.supports_levels(levels)) return false;
  switch (entry.get<ContextEntry::TT>()) {
    case TranslationType::second_stage: return true;
    case TranslationType::second_stage_with_ats: return format.supports_device_tlb();
    case TranslationType::pass_through: return format.supports_pass_through() && levels == format.deepest();
    case TranslationType::reserved: return false;
  }
  return false;
}

FaultReason check(const TableFormat& format, const ContextEntry& entry) {
  if (!entry.get<ContextEntry::P>()) return FaultReason::context_entry_not_present;
  const std::uint64_t wide_domain = entry.get<ContextEntry::DID>() & format.reserved_domain_bits();
  const bool has_reserved = (entry.word(0) & reserved_low_bits(format, entry)) != 0 ||
                            (entry.word(1) & ContextEntry::reserved_high) != 0 || wide_domain != 0;
  if (has_reserved) return FaultReason::context_entry_reserved;
  return has_valid_programming(format, entry) ? FaultReason::none : FaultReason::context_entry_invalid;
}

void take_fields(const ContextEntry& entry, Context& context) {
  context.domain = entry.get<ContextEntry::DID>();
  context.type = entry.get<ContextEntry::TT>();
  context.levels = static_cast<std::uint8_t>(levels_of(entry.get<ContextEntry::AW>()));
  context.device_tlb = context.type == TranslationType::second_stage_with_ats;
  context.table = PhysAddr{entry.word(0) & ContextEntry::SSPTPTR::mask};
}

}  // namespace

void look_up_context(const ContextQuery& query, TableReader& tables, Context& context) {
  context = {};
  RootEntry root;
  context.fault = FaultReason::root_entry_access_error;
  if (!tables.read("root entry", query.root_table + query.requester.bus() * entry_size, root)) return;
  context.fault = check(query.format, root);
  if (context.fault != FaultReason::none) return;

  const PhysAddr context_table{root.word(0) & RootEntry::CTP::mask};
  ContextEntry entry;
  context.fault = FaultReason::context_entry_access_error;
  if (!tables.read("context entry", context_table + query.requester.devfn() * entry_size, entry)) return;
  context.fault = check(query.format, entry);
  context.fpd = entry.get<ContextEntry::FPD>();
  if (context.fault == FaultReason::none) take_fields(entry, context);
}

}  // namespace iommusim::vtd
