// SPDX-License-Identifier: Apache-2.0
// Pages of which few lines were written: they need no host page each, but only their lines.
#pragma once

#include "memory/host_block.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::memory {

/// Lines of all pages that have few, side by side: devices that write here and there touch little host memory.
class LineStore {
 public:
  static constexpr std::size_t line_bytes = 64;
  using Place = std::uint32_t;

  /// A line of zeros.
  Place acquire();
  void release(Place place);
  std::uint8_t* line(Place place) const {
    return blocks_[place / lines_per_block].data() + place % lines_per_block * line_bytes;
  }

 private:
  static constexpr std::size_t lines_per_block = HostBlock::bytes / line_bytes;

  std::vector<HostBlock> blocks_;
  /// Places that were never given out begin here.
  Place next_ = 0;
  std::vector<Place> released_;
};

/// The lines of one page.
class FewLines {
 public:
  /// More make a host page worth its cost. An object takes half a cache line.
  static constexpr std::size_t most = 6;

  bool is_empty() const { return count_ == 0; }
  /// nullptr: line `number` of the page was never written.
  const std::uint8_t* find(std::size_t number, const LineStore& store) const {
    const std::size_t at = index_of(number);
    return at == count_ ? nullptr : store.line(places_[at]);
  }
  /// The same for writing; a new line is zero. nullptr: it would be one too many.
  std::uint8_t* make(std::size_t number, LineStore& store);
  /// Copies the lines into a page of zeros, and gives them back.
  void move_to(std::uint8_t* page, LineStore& store);
  /// The same lines in the order of their numbers.
  FewLines ascending() const;
  /// visit(number, bytes) for each line.
  template <class Visitor>
  void each(const LineStore& store, Visitor visit) const {
    for (std::size_t i = 0; i < count_; ++i)
      visit(std::size_t{numbers_[i]}, store.line(places_[i]));
  }

 private:
  std::size_t index_of(std::size_t number) const {
    std::size_t at = 0;
    while (at < count_ && numbers_[at] != number)
      ++at;
    return at;
  }

  std::array<LineStore::Place, most> places_{};
  std::array<std::uint8_t, most> numbers_{};
  std::uint8_t count_ = 0;
};

}  // namespace iommusim::memory
