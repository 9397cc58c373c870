// SPDX-License-Identifier: Apache-2.0
#include "software/doorbell_pages.h"

#include "base/quantity.h"
#include "software/driver_error.h"

namespace iommusim::software {

DoorbellPages::DoorbellPages(IommuDriver& driver, DomainId domain, const Range<Iova>& window, Order order)
    : driver_{driver}, domain_{domain}, window_{window}, order_{order} {}

Iova DoorbellPages::address_of(PhysAddr doorbell, const IsFree& is_free) {
  const std::uint64_t size = driver_.page_size();
  const PhysAddr page = doorbell.aligned_down(size);
  auto found = pages_.find(page);
  if (found == pages_.end()) {
    const Range<Iova> place = next_page(is_free);
    driver_.map(domain_, {place.first, page, size, {false, true}, MemoryType::device});
    found = pages_.emplace(page, place.first).first;
  }
  return found->second + doorbell.offset_in(size);
}

Range<Iova> DoorbellPages::next_page(const IsFree& is_free) const {
  const std::uint64_t count = (window_.last - window_.first + 1) / driver_.page_size();
  // Ascending pages are taken in turn.
  for (std::uint64_t n = order_ == Order::ascending ? pages_.size() : 0; n < count; ++n) {
    const Range<Iova> page = page_at(order_ == Order::ascending ? n : count - 1 - n);
    if (order_ == Order::ascending || is_free(page)) return page;
  }
  throw DriverError("no page is left for the doorbells of " + to_string(domain_) + " from " +
                    format_hex(window_.first.value()) + " to " + format_hex(window_.last.value()));
}

Range<Iova> DoorbellPages::page_at(std::uint64_t index) const {
  const std::uint64_t size = driver_.page_size();
  const Iova first = window_.first + index * size;
  return {first, first + (size - 1)};
}

}  // namespace iommusim::software
