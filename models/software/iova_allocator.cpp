// SPDX-License-Identifier: Apache-2.0
#include "software/iova_allocator.h"

#include "base/address_width.h"

#include <algorithm>
#include <utility>

namespace iommusim::software {
namespace {

/// Fewer pages than this are rounded up, so that what is freed can serve whoever asks for as much.
constexpr std::uint64_t cached_pages = 32;

constexpr Iova last_below_4g = last_of_width<Iova>(32);

std::uint64_t next_power_of_two(std::uint64_t value) {
  std::uint64_t power = 1;
  while (power < value)
    power *= 2;
  return power;
}

}  // namespace

IovaAllocator::IovaAllocator(AddressSet usable, std::uint64_t page_size)
    : usable_{std::move(usable)}, page_size_{page_size} {}

std::optional<Range<Iova>> IovaAllocator::allocate(std::uint64_t size, Iova last) {
  if (size == 0 || size > (std::uint64_t{1} << 63)) return std::nullopt;
  std::uint64_t pages = (size - 1) / page_size_ + 1;
  if (pages < cached_pages) pages = next_power_of_two(pages);
  // Addresses below 4 GiB spare the device TLP headers of four words.
  auto found = next_below(pages * page_size_, std::min(last, last_below_4g), low_next_);
  if (!found) found = next_below(pages * page_size_, last, high_next_);
  if (!found) return std::nullopt;
  usable_.remove(*found);
  (found->last <= last_below_4g ? low_next_ : high_next_) = found->first - 1;
  return found;
}

/// Room that was left above is looked for only when there is none below.
std::optional<Range<Iova>> IovaAllocator::next_below(std::uint64_t size, Iova last, Iova next) const {
  const auto found = highest(size, std::min(last, next));
  return found ? found : highest(size, last);
}

std::optional<Range<Iova>> IovaAllocator::highest(std::uint64_t size, Iova last) const {
  const std::uint64_t alignment = next_power_of_two(size);
  std::optional<Range<Iova>> found;
  for (const Range<Iova>& range : usable_.ranges()) {
    const Iova end = std::min(range.last, last);
    if (end < range.first || end - range.first < size - 1) continue;
    const Iova candidate = (end - (size - 1)).aligned_down(alignment);
    if (candidate >= range.first) found = Range<Iova>{candidate, candidate + (size - 1)};
  }
  return found;
}

}  // namespace iommusim::software
