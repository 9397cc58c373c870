// SPDX-License-Identifier: Apache-2.0
#include "traces/mapped_pages.h"

#include <iterator>

namespace iommusim::traces {

/// The page that contains `iova`, else the first one above it.
MappedPages::Domain::iterator MappedPages::containing(Domain& pages, Iova iova) {
  const auto above = pages.upper_bound(iova);
  if (above == pages.begin()) return above;
  const auto below = std::prev(above);
  return iova - below->first < below->second.size ? below : above;
}

MappedPage* MappedPages::find(std::uint16_t domain, Iova iova) {
  const auto pages = domains_.find(domain);
  if (pages == domains_.end()) return nullptr;
  const auto page = containing(pages->second, iova);
  return page != pages->second.end() && page->first <= iova ? &page->second : nullptr;
}

MappedPage& MappedPages::add(std::uint16_t domain, Iova iova, const MappedPage& page) {
  return domains_[domain].insert_or_assign(iova, page).first->second;
}

std::vector<UnmappedRun> MappedPages::remove(std::uint16_t domain, const Range<Iova>& range) {
  std::vector<UnmappedRun> runs;
  const auto found = domains_.find(domain);
  if (found == domains_.end()) return runs;
  Domain& pages = found->second;
  auto page = containing(pages, range.first);
  while (page != pages.end() && page->first <= range.last) {
    const auto& [iova, mapped] = *page;
    const bool continues =
        !runs.empty() && runs.back().device == mapped.device && runs.back().iova + runs.back().size == iova;
    if (continues)
      runs.back().size += mapped.size;
    else
      runs.push_back({mapped.device, iova, mapped.size});
    page = pages.erase(page);
  }
  return runs;
}

std::vector<UnmappedRun> MappedPages::remove_everywhere(const Range<Iova>& range) {
  std::vector<UnmappedRun> runs;
  for (const auto& [domain, pages] : domains_) {
    const auto part = remove(domain, range);
    runs.insert(runs.end(), part.begin(), part.end());
  }
  return runs;
}

}  // namespace iommusim::traces
