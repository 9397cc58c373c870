// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/context_lookup.h"
#include "iommu/vtd/root_entry.h"
#include "iommu/vtd/scalable_context_entry.h"

namespace iommusim::vtd {
namespace {

using Entry = ScalableContextEntry;

FaultReason check(const TableFormat& format, ScalableRootHalf half) {
  if (!half.get<ScalableRootHalf::P>()) return FaultReason::scalable_root_not_present;
  const std::uint64_t beyond = ScalableRootHalf::CTP::mask & ~format.host_bits();
  const bool has_reserved = (half.raw() & (ScalableRootHalf::reserved | beyond)) != 0;
  return has_reserved ? FaultReason::scalable_root_reserved : FaultReason::none;
}

bool has_reserved_bits(const TableFormat& format, const Entry& entry) {
  for (std::size_t i = 0; i < Entry::words; ++i)
    if ((entry.word(i) & format.scalable().reserved_in_context[i]) != 0) return true;
  return false;
}

/// 2^(PDTS + 7) directory entries of 64 PASIDs each.
std::uint32_t pasid_limit(const Entry& entry) {
  return 1U << (entry.get<Entry::PDTS>() + 13U);
}

/// Without RPS the field is 0, as is the PASID that is used.
bool has_valid_programming(const Entry& entry) {
  const bool asks_in_vain = entry.get<Entry::PRE>() && !entry.get<Entry::DTE>();
  return !asks_in_vain && entry.get<Entry::RID_PASID>() < pasid_limit(entry);
}

FaultReason check(const TableFormat& format, const Entry& entry) {
  if (!entry.get<Entry::P>()) return FaultReason::scalable_context_not_present;
  if (has_reserved_bits(format, entry)) return FaultReason::scalable_context_reserved;
  return has_valid_programming(entry) ? FaultReason::none : FaultReason::scalable_context_invalid;
}

void take_fields(const Entry& entry, Context& context) {
  context.table = PhysAddr{entry.word(0) & Entry::PASIDDIRPTR::mask};
  context.device_tlb = entry.get<Entry::DTE>();
  context.pasid_requests = entry.get<Entry::PASIDE>();
  context.page_requests = entry.get<Entry::PRE>();
  context.rid_privileged = entry.get<Entry::RID_PRIV>();
  context.rid_pasid = Pasid{entry.get<Entry::RID_PASID>()};
  context.pasid_limit = pasid_limit(entry);
}

}  // namespace

void look_up_scalable_context(const ContextQuery& query, TableReader& tables, Context& context) {
  context = {};
  context.scalable = true;
  RootEntry root;
  context.fault = FaultReason::scalable_root_access_error;
  if (!tables.read("scalable-mode root entry", query.root_table + query.requester.bus() * RootEntry::bytes, root))
    return;
  const ScalableRootHalf half{root.word(root_half_of(query.requester))};
  context.fault = check(query.format, half);
  if (context.fault != FaultReason::none) return;

  const PhysAddr context_table{half.raw() & ScalableRootHalf::CTP::mask};
  const std::uint64_t index = query.requester.devfn() % scalable_context_entries;
  Entry entry;
  context.fault = FaultReason::scalable_context_access_error;
  if (!tables.read("scalable-mode context entry", context_table + index * Entry::bytes, entry)) return;
  context.fault = check(query.format, entry);
  context.fpd = entry.get<Entry::FPD>();
  if (context.fault == FaultReason::none) take_fields(entry, context);
}

}  // namespace iommusim::vtd
