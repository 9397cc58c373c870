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
  if (const auto released = take_released(1)) {
    page = *released;
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
  if (count == 1) return allocate();
  PhysAddr first;
  if (const auto released = take_released(count)) {
    first = *released;
  } else {
    while (fresh_left_ != 0 && fresh_.offset_in(count * page_4k) != 0) {
      released_[1].insert(released_[1].begin(), fresh_);
      fresh_ += page_4k;
      --fresh_left_;
    }
    if (fresh_left_ < count) fail();
    first = fresh_;
    fresh_ += count * page_4k;
    fresh_left_ -= count;
  }
  for (std::size_t i = 0; i < count; ++i)
    zero(first + i * page_4k);
  in_use_ += count;
  return first;
}

std::optional<PhysAddr> PageAllocator::take_released(std::size_t count) {
  const auto found = released_.find(count);
  if (found == released_.end() || found->second.empty()) return std::nullopt;
  const PhysAddr first = found->second.back();
  found->second.pop_back();
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

void PageAllocator::release_block(PhysAddr first, std::size_t count) {
  released_[count].push_back(first);
  in_use_ -= count;
}

}  // namespace iommusim::software
