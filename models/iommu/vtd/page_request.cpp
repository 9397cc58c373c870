// SPDX-License-Identifier: Apache-2.0
// What a unit does with a page request (VT-d specification, 7.4): the checks of a translation in the same order, then
// the queue. Which code a request that faults is answered with, the architecture leaves open.
#include "iommu/vtd/unit_state.h"

namespace iommusim::vtd {

void Unit::State::request_page(const iommu::PageRequest& request) {
  const bool serves = config.page_requests && remapping.enabled;
  if (!serves) return page_requests.answer(request, iommu::PageResponse::invalid_request);
  if (remapping.table_mode != TableMode::scalable) {
    const bool legacy = remapping.table_mode == TableMode::legacy;
    faults.record(request, legacy ? FaultReason::page_request_in_legacy_mode : FaultReason::table_mode_invalid);
    return page_requests.answer(request, iommu::PageResponse::invalid_request);
  }
  if (page_requests.put(request)) ++statistics.page_requests;
}

}  // namespace iommusim::vtd
