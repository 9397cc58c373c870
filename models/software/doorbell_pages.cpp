// SPDX-License-Identifier: Apache-2.0
#include "software/doorbell_pages.h"

#include "base/quantity.h"
#include "software/driver_error.h"

namespace iommusim::software {

DoorbellPages::DoorbellPages(IommuDriver& driver, DomainId domain, const Range<Iova>& window)
    : driver_{driver}, domain_{domain}, source_{window} {}

DoorbellPages::DoorbellPages(IommuDriver& driver, DomainId domain, IovaAllocator& iovas)
    : driver_{driver}, domain_{domain}, source_{&iovas} {}

Iova DoorbellPages::address_of(PhysAddr doorbell, Iova last) {
  const std::uint64_t size = driver_.page_size();
  const PhysAddr page = doorbell.aligned_down(size);
  auto found = pages_.find(page);
  if (found == pages_.end()) {
    const Iova iova = next_page(last);
    driver_.map(domain_, {iova, page, size, {false, true}, MemoryType::device});
    found = pages_.emplace(page, iova).first;
  }
  return found->second + doorbell.offset_in(size);
}

Iova DoorbellPages::next_page(Iova last) {
  if (const auto* window = std::get_if<Range<Iova>>(&source_)) return next_of(*window);
  const auto page = std::get<IovaAllocator*>(source_)->allocate(driver_.page_size(), last);
  if (!page) throw DriverError("no page is left for doorbells up to " + format_hex(last.value()));
  return page->first;
}

Iova DoorbellPages::next_of(const Range<Iova>& window) const {
  const std::uint64_t used = pages_.size() * driver_.page_size();
  if (window.last - window.first < used + (driver_.page_size() - 1))
    throw DriverError("no page is left for doorbells from " + format_hex(window.first.value()) + " to " +
                      format_hex(window.last.value()));
  return window.first + used;
}

}  // namespace iommusim::software
