// SPDX-License-Identifier: Apache-2.0
// What a unit does with a page request (VT-d specification, 7.4.1): the checks of a translation in the same order, down
// to the PASID table entry, then the queue.
#include "iommu/vtd/request_translation.h"
#include "iommu/vtd/unit_state.h"

namespace iommusim::vtd {
namespace {

FaultReason check_context(const Context& context, const iommu::PageRequest& request) {
  if (context.fault != FaultReason::none) return context.fault;
  if (!context.page_requests) return FaultReason::page_requests_disabled;
  return request.pasid ? check_pasid(context, *request.pasid) : FaultReason::none;
}

/// What a translation of the page may have been cached as (6.5.3.1): software that grants more need not invalidate what
/// the device has stumbled over.
void forget_page(TranslationCaches& caches, const PasidContext& pasid, Pasid number, Iova address) {
  const IotlbInvalidation of_domain{IotlbGranularity::domain, pasid.domain, address};
  const IotlbInvalidation of_page{IotlbGranularity::page, pasid.domain, address};
  switch (pasid.type) {
    case Pgtt::first_stage:
      return caches.invalidate(PasidIotlbInvalidation{PasidIotlbGranularity::page, pasid.domain, number, address});
    case Pgtt::nested: return caches.invalidate(of_domain);
    case Pgtt::second_stage:
    case Pgtt::pass_through: return caches.invalidate(of_page);
  }
}

}  // namespace

void Unit::State::request_page(const iommu::PageRequest& request) {
  const bool aborts = remapping.table_mode == TableMode::abort_dma && config.abort_dma_mode;
  if (!config.page_requests || !remapping.enabled || aborts)
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
  const RequestInputs lookup{inputs, asker, fetches, effects};
  const Context& context = find_context(lookup, tables, look_up_scalable_context);
  effects.fpd = context.fpd;
  FaultReason reason = check_context(context, request);
  const Pasid number = request.pasid.value_or(context.rid_pasid);
  PasidContext pasid;
  if (reason == FaultReason::none) {
    pasid = find_pasid(lookup, tables, context, number);
    effects.fpd = effects.fpd || pasid.fpd;
    reason = pasid.fault;
  }
  statistics.fetches += fetches.size();
  commit_lookups(asker, {});
  if (reason == FaultReason::none) forget_page(caches, pasid, number, request.address);
  return reason;
}

}  // namespace iommusim::vtd
