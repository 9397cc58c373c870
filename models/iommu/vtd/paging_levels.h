// SPDX-License-Identifier: Apache-2.0
// The geometry that first-stage and second-stage paging structures share (VT-d specification, 3.6 and 3.7): 512
// entries of 8 bytes in each, named by the level that they have counted from the PTEs.
#pragma once

#include <array>
#include <cstdint>

namespace iommusim::vtd {

constexpr unsigned max_table_levels = 5;

/// Address bits below the field that indexes the tables of `level`.
constexpr unsigned index_shift(unsigned level) {
  return 12 + 9 * (level - 1);
}

/// Bytes that one entry of `level` spans: 4 KiB, 2 MiB, 1 GiB and so on.
constexpr std::uint64_t page_size(unsigned level) {
  return std::uint64_t{1} << index_shift(level);
}

/// Input bits that tables of `levels` levels translate.
constexpr unsigned input_width(unsigned levels) {
  return index_shift(levels) + 9;
}

constexpr std::uint64_t table_index(std::uint64_t address, unsigned level) {
  return (address >> index_shift(level)) & 0x1FF;
}

/// Names of the entries by level; [0] is not used.
using EntryNames = std::array<const char*, max_table_levels + 1>;

}  // namespace iommusim::vtd
