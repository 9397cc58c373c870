// SPDX-License-Identifier: Apache-2.0
// First in, first out, of indices into a pool. Grows to what was needed once and allocates no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::timing {

class IndexQueue {
 public:
  bool is_empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// Precondition: not empty.
  std::uint32_t front() const { return ring_[first_]; }
  /// Precondition: `place` < size().
  std::uint32_t operator[](std::size_t place) const { return ring_[(first_ + place) & (ring_.size() - 1)]; }

  void push(std::uint32_t index) {
    if (size_ == ring_.size()) grow();
    ring_[(first_ + size_++) & (ring_.size() - 1)] = index;
  }
  std::uint32_t pop() {
    const std::uint32_t index = ring_[first_];
    first_ = (first_ + 1) & (ring_.size() - 1);
    --size_;
    return index;
  }
  /// Takes out what others stand before.
  std::uint32_t pop(std::size_t place) {
    const std::uint32_t index = (*this)[place];
    for (std::size_t i = place; i != 0; --i)
      ring_[(first_ + i) & (ring_.size() - 1)] = (*this)[i - 1];
    pop();
    return index;
  }

 private:
  /// The size is a power of two.
  void grow() {
    std::vector<std::uint32_t> larger(ring_.empty() ? 8 : ring_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i)
      larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_.swap(larger);
    first_ = 0;
  }

  std::vector<std::uint32_t> ring_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace iommusim::timing
