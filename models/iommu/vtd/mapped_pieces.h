// SPDX-License-Identifier: Apache-2.0
// Collects what an enumeration of tables finds.
#pragma once

#include "base/endian.h"
#include "iommu/vtd/input_space.h"
#include "memory/physical_bus.h"

#include <array>
#include <optional>

namespace iommusim::vtd {

class MappedPieces {
 public:
  explicit MappedPieces(InputSpace& space) : space_{space} {}

  bool complete() const { return space_.complete; }

  /// Both ends of the part that one entry translates.
  void border(Iova first, unsigned level) {
    note(first);
    note(first + page_size(level));
  }

  /// A place was looked at that maps nothing. What maps something needs memory or makes a piece; this does not.
  void miss() {
    if (++misses_ >= most_misses) space_.complete = false;
  }

  void map(const MappedRange& next) {
    if (!space_.mapped.empty()) {
      MappedRange& last = space_.mapped.back();
      const bool follows = last.input.last + 1 == next.input.first && last.output + last.input.size() == next.output &&
                           last.rights.read == next.rights.read && last.rights.write == next.rights.write;
      if (follows) {
        last.input.last = next.input.last;
        return;
      }
    }
    space_.mapped.push_back(next);
    if (space_.mapped.size() >= most_pieces) space_.complete = false;
  }

 private:
  void note(Iova address) {
    space_.borders.push_back(address);
    if (space_.borders.size() >= 2 * most_pieces) space_.complete = false;
  }

  static constexpr std::size_t most_misses = most_pieces / 4;

  InputSpace& space_;
  std::size_t misses_ = 0;
};

constexpr std::size_t entries_of_table = 512;

/// The entries of one table; those that are not in memory are nullopt.
template <class Entry>
std::array<std::optional<Entry>, entries_of_table> read_table(const memory::PhysicalBus& bus, PhysAddr address) {
  std::array<std::optional<Entry>, entries_of_table> entries;
  std::array<std::uint8_t, page_4k> bytes{};
  const bool whole = bus.read(address, bytes.data(), bytes.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::uint8_t* const at = &bytes[i * Entry::bytes];
    if (whole || bus.read(address + i * Entry::bytes, at, Entry::bytes)) entries[i] = Entry{load_le<std::uint64_t>(at)};
  }
  return entries;
}

}  // namespace iommusim::vtd
