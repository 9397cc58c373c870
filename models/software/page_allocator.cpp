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
    throw OutOfPages("the " + std::to_string(in_use_) + " table pages from " + format_hex(range_.first.value()) +
                     " are all in use");
  }
  ++in_use_;
  static constexpr std::array<std::uint8_t, page_4k> zeroes{};
  bus_.store(page, zeroes.data(), zeroes.size());
  return page;
}

void PageAllocator::release(PhysAddr page) {
  released_.push_back(page);
  --in_use_;
}

}  // namespace iommusim::software
