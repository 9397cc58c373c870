// SPDX-License-Identifier: Apache-2.0
// The shape of the addresses that a requester may ask a unit for: where answers can change, and what the tables in
// memory map. It decides nothing: Unit::decide() does. Who wants the answer for every address asks once between two
// neighbouring borders.
#pragma once

#include "base/address.h"
#include "base/range.h"

#include <cstddef>
#include <vector>

namespace iommusim::iommu {

/// Input addresses that tables map to consecutive output addresses with equal rights.
struct MappedRange {
  Range<Iova> input;
  /// Of the first byte.
  PhysAddr output;
  bool readable = false;
  bool writable = false;
};

struct InputSpace {
  /// First addresses after which the answer may differ from the one before, in no order and with repetitions. Ends of
  /// `mapped` are among them; where the output address matters is not.
  std::vector<Iova> borders;
  /// Ascending. Empty for pass-through and without a usable context.
  std::vector<MappedRange> mapped;
  /// False: the tables have more pieces than `most_pieces`; the rest is missing.
  bool complete = true;
};

/// Tables that refer to themselves can have 2^45 pieces.
constexpr std::size_t most_pieces = std::size_t{1} << 22;

}  // namespace iommusim::iommu
