// SPDX-License-Identifier: Apache-2.0
#include "conformance/vtd_random/image_memory.h"

#include "base/endian.h"

#include <algorithm>
#include <cstring>

namespace iommusim::tests {

bool ImageMemory::read(PhysAddr address, void* to, std::size_t size) const {
  ++reads_;
  const std::uint64_t first = address.value();
  if (!holds(first, size) || size == 0) return false;
  for (std::uint64_t page = first / page_4k; page <= (first + size - 1) / page_4k; ++page)
    if (state(page * page_4k) == State::absent) return false;
  std::memcpy(to, bytes_.data() + (first - base), size);
  return true;
}

bool ImageMemory::write(PhysAddr address, const void* from, std::size_t size) {
  const std::uint64_t first = address.value();
  if (!holds(first, size) || size == 0 || !writable(first) || !writable(first + size - 1)) return false;
  const auto* source = static_cast<const std::uint8_t*>(from);
  for (std::size_t i = 0; i < size; ++i) {
    std::uint8_t& byte = bytes_[first - base + i];
    if (byte == source[i]) continue;
    byte = source[i];
    const std::uint64_t where = (first + i) & ~std::uint64_t{7};
    set_state(where, State::used);
    written_[where] = load_le<std::uint64_t>(bytes_.data() + (where - base));
  }
  return true;
}

std::optional<std::uint64_t> ImageMemory::word(std::uint64_t address) const {
  if (!holds(address, 8) || state(address) == State::absent) return std::nullopt;
  return load_le<std::uint64_t>(bytes_.data() + (address - base));
}

bool ImageMemory::writable(std::uint64_t address) const {
  return holds(address, 1) && state(address) != State::absent && state(address) != State::read_only;
}

void ImageMemory::set_word(std::uint64_t address, std::uint64_t value) {
  store_le(bytes_.data() + (address - base), value);
  if (state(address) == State::zero) set_state(address, State::used);
}

void ImageMemory::set_state(std::uint64_t address, State state) {
  if (holds(address, 1)) state_[(address - base) / page_4k] = state;
}

void ImageMemory::clear() {
  for (std::uint64_t page = 0; page < pages; ++page) {
    if (state_[page] != State::zero)
      std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(page * page_4k), page_4k, 0);
    state_[page] = State::zero;
  }
  written_.clear();
}

}  // namespace iommusim::tests
