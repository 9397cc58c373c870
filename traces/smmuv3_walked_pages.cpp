// SPDX-License-Identifier: Apache-2.0
#include "traces/smmuv3_walked_pages.h"

#include "iommu/smmuv3/event_record.h"
#include "iommu/smmuv3/table_descriptor.h"

#include <algorithm>
#include <string_view>

namespace iommusim::traces {
namespace {

using smmuv3::Stage1Descriptor;

/// APTable[1]: no writes below (VMSAv8-64).
constexpr std::uint8_t no_writes_below = 2;

bool is_of_stage_1(const iommu::Fetch& fetch) {
  return std::string_view{fetch.what}.substr(0, 7) == "stage 1" && !fetch.failed;
}

bool forbids_writes(const iommu::Fetch& fetch) {
  return (Stage1Descriptor{fetch.value[0]}.get<Stage1Descriptor::APTable>() & no_writes_below) != 0;
}

bool faults_on_permission(const iommu::TranslationResult& result) {
  return result.outcome == iommu::Outcome::fault &&
         static_cast<smmuv3::EventCode>(result.fault_reason) == smmuv3::EventCode::f_permission;
}

}  // namespace

void Smmuv3WalkedPages::note(const iommu::TranslationRequest& request, const iommu::TranslationResult& result,
                             const iommu::FetchLog& fetches) {
  const bool is_walk = result.outcome == iommu::Outcome::translated && fetches.size() != 0;
  if (!is_walk || !is_of_stage_1(fetches.back())) return;
  const Stage1Descriptor leaf{fetches.back().value[0]};
  Page page{request.requester, {}, false, false};
  page.range.first = request.address.aligned_down(result.page_size);
  page.range.last = page.range.first + (result.page_size - 1);
  page.global = !leaf.get<Stage1Descriptor::nG>();
  const bool is_below = std::any_of(fetches.begin(), fetches.end() - 1, [](const iommu::Fetch& fetch) {
    return is_of_stage_1(fetch) && forbids_writes(fetch);
  });
  page.read_only_by_table = is_below && !leaf.get<Stage1Descriptor::AP2>();
  pages_.push_back(page);
}

const char* Smmuv3WalkedPages::deviation(const iommu::TranslationRequest& request,
                                         const iommu::TranslationResult& result) const {
  for (const Page& page : pages_) {
    if (!page.range.contains(request.address)) continue;
    if (page.global && result.translation_cached)
      return "SMMUv3 architecture, 3.17: a cached translation with nG=0 answers every ASID of its VMID, and "
             "invalidations by ASID leave it";
    if (page.read_only_by_table && page.requester == request.requester && request.operation == Operation::write &&
        faults_on_permission(result))
      return "SMMUv3 architecture, 5.4 (HAD0=0): APTable takes rights from cached translations as from walks";
  }
  return nullptr;
}

}  // namespace iommusim::traces
