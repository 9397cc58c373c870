// SPDX-License-Identifier: Apache-2.0
#include "software/page_allocator.h"

#include "base/quantity.h"
#include "software/driver_error.h"

#include <array>
#include <cstdint>
#include <string>

namespace iommusim::software {

PageAllocator::PageAllocator(CpuBus& bus, const Range<PhysAddr>& range)
    : bus_{bus}, range_{range}, fresh_{(range.first + (page_4k - 1)).aligned_down(page_4k)} {
  const PhysAddr end = (range.last + 1).aligned_down(page_4k);
  if (fresh_ < end) fresh_left_ = (end - fresh_) / page_4k;
}

PhysAddr PageAllocator::allocate() {
  PhysAddr page = fresh_;
  if (!released_.empty()) {
    page = released_.back();
    released_.pop_back();
  } else if (fresh_left_ != 0) {
    fresh_ += page_4k;
    --fresh_left_;
  } else {
    fail();
  }
  ++in_use_;
  zero(page);
  return page;
}

// What is skipped to reach the multiple goes to those who want single pages.
PhysAddr PageAllocator::allocate_block(std::size_t count) {
  while (fresh_left_ != 0 && fresh_.offset_in(count * page_4k) != 0) {
    released_.insert(released_.begin(), fresh_);
    fresh_ += page_4k;
    --fresh_left_;
  }
  if (fresh_left_ < count) fail();
  const PhysAddr first = fresh_;
  for (std::size_t i = 0; i < count; ++i)
    zero(first + i * page_4k);
  fresh_ += count * page_4k;
  fresh_left_ -= count;
  in_use_ += count;
  return first;
}

void PageAllocator::fail() const {
  throw OutOfPages("the " + std::to_string(in_use_) + " table pages from " + format_hex(range_.first.value()) +
                   " are all in use");
}

void PageAllocator::zero(PhysAddr page) {
  static constexpr std::array<std::uint8_t, page_4k> zeroes{};
  bus_.store(page, zeroes.data(), zeroes.size());
}

void PageAllocator::release(PhysAddr page) {
  released_.push_back(page);
  --in_use_;
}

}  // namespace iommusim::software
