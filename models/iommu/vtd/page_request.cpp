// SPDX-License-Identifier: Apache-2.0
// What a unit does with a page request (VT-d specification, 7.4): the checks of a translation in the same order, then
// the queue. Which code a request that faults is answered with, the architecture leaves open.
#include "iommu/vtd/request_translation.h"
#include "iommu/vtd/unit_state.h"

namespace iommusim::vtd {
namespace {

FaultReason check_context(const Context& context, const iommu::PageRequest& request) {
  if (context.fault != FaultReason::none) return context.fault;
  if (!context.page_requests) return FaultReason::page_requests_disabled;
  if (!request.pasid) return FaultReason::none;
  if (!context.pasid_requests) return FaultReason::pasid_requests_disabled;
  return request.pasid->value() < context.pasid_limit ? FaultReason::none : FaultReason::pasid_beyond_directory;
}

}  // namespace

void Unit::State::request_page(const iommu::PageRequest& request) {
  const bool aborts = remapping.table_mode == TableMode::abort_dma && config.abort_dma_mode;
  // Not a PASID of this unit.
  const bool is_foreign = remapping.table_mode == TableMode::scalable && request.pasid &&
                          request.pasid->value() >= format.scalable().pasid_limit;
  if (!config.page_requests || !remapping.enabled || aborts || is_foreign)
    return page_requests.answer(request, iommu::PageResponse::invalid_request);
  effects.clear();
  last_outcome = iommu::Outcome::fault;
  const FaultReason reason = check_page_request(request);
  if (reason == FaultReason::none) {
    if (page_requests.put(request)) ++statistics.page_requests;
    return;
  }
  ++statistics.faults;
  const bool suppressed = effects.fpd && is_qualified(reason);
  if (!suppressed && faults.record(request, reason)) ++statistics.faults_recorded;
  page_requests.answer(request, iommu::PageResponse::invalid_request);
}

/// effects.fpd becomes the effective FPD.
FaultReason Unit::State::check_page_request(const iommu::PageRequest& request) {
  switch (remapping.table_mode) {
    case TableMode::legacy: return FaultReason::page_request_in_legacy_mode;
    case TableMode::scalable: break;
    case TableMode::reserved:
    case TableMode::abort_dma: return FaultReason::table_mode_invalid;
  }
  iommu::TranslationRequest asker;
  asker.requester = request.requester;
  iommu::FetchLog fetches;
  TableReader tables{bus, fetches};
  const Context& context = find_context({inputs, asker, fetches, effects}, tables, look_up_scalable_context);
  const FaultReason reason = check_context(context, request);
  effects.fpd = context.fpd;
  statistics.fetches += fetches.size();
  commit_lookups(asker, {});
  return reason;
}

}  // namespace iommusim::vtd
