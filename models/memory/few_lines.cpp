// SPDX-License-Identifier: Apache-2.0
#include "memory/few_lines.h"

#include <cstring>
#include <utility>

namespace iommusim::memory {

LineStore::Place LineStore::acquire() {
  if (!released_.empty()) {
    const Place place = released_.back();
    released_.pop_back();
    std::memset(line(place), 0, line_bytes);
    return place;
  }
  if (next_ % lines_per_block == 0) {
    blocks_.emplace_back();
    // Who needs a second block is likely to need all of it.
    if (blocks_.size() > 1) blocks_.back().make_real();
  }
  return next_++;
}

void LineStore::release(Place place) {
  released_.push_back(place);
}

std::uint8_t* FewLines::make(std::size_t number, LineStore& store) {
  const std::size_t at = index_of(number);
  if (at == most) return nullptr;
  if (at == count_) {
    places_[at] = store.acquire();
    numbers_[at] = static_cast<std::uint8_t>(number);
    ++count_;
  }
  return store.line(places_[at]);
}

void FewLines::move_to(std::uint8_t* page, LineStore& store) {
  for (std::size_t i = 0; i < count_; ++i) {
    std::memcpy(page + numbers_[i] * LineStore::line_bytes, store.line(places_[i]), LineStore::line_bytes);
    store.release(places_[i]);
  }
  count_ = 0;
}

FewLines FewLines::ascending() const {
  FewLines sorted = *this;
  for (std::size_t i = 1; i < count_; ++i)
    for (std::size_t j = i; j > 0 && sorted.numbers_[j] < sorted.numbers_[j - 1]; --j) {
      std::swap(sorted.numbers_[j], sorted.numbers_[j - 1]);
      std::swap(sorted.places_[j], sorted.places_[j - 1]);
    }
  return sorted;
}

}  // namespace iommusim::memory
