// SPDX-License-Identifier: Apache-2.0
// Things in flight, named by index; what ended is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace iommusim::timing {

/// References stay valid while the pool grows.
template <class T>
class Pool {
 public:
  std::uint32_t acquire() {
    if (free_.empty()) {
      items_.emplace_back();
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  void release(std::uint32_t index) { free_.push_back(index); }

  T& operator[](std::uint32_t index) { return items_[index]; }
  const T& operator[](std::uint32_t index) const { return items_[index]; }
  std::size_t in_use() const { return items_.size() - free_.size(); }

 private:
  std::deque<T> items_;
  std::vector<std::uint32_t> free_;
};

}  // namespace iommusim::timing
