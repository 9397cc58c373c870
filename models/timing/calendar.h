// SPDX-License-Identifier: Apache-2.0
// The reservations of one resource that are asked for out of order of their times.
#pragma once

#include "base/quantity.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace iommusim::timing {

/// Time in buckets, each with the share that is taken. Who asks in order of time is served first come, first served,
/// to the picosecond. Who asks for an earlier time than somebody before takes what the buckets from there on have left:
/// a reservation made for later does not block what is earlier, and nobody finds more time than there is.
class Calendar {
 public:
  /// Takes `length` from the first time not before `at` that has it, in pieces where it must; returns the beginning.
  Duration reserve(Duration at, Duration length) {
    if (fits_in_order(at.picoseconds(), length.picoseconds())) return take_in_order(at, length);
    return reserve_in_pieces(at, length);
  }

 private:
  static constexpr unsigned bucket_shift = 16;
  static constexpr std::uint64_t bucket_length = std::uint64_t{1} << bucket_shift;
  static constexpr std::uint64_t buckets = 4096;
  static constexpr std::uint64_t most_remembered = (buckets + 1) * bucket_length;

  std::uint32_t& taken(std::uint64_t bucket) { return taken_[bucket % buckets]; }
  std::uint64_t newest() const { return oldest_ + buckets - 1; }
  /// Most reservations: in order of time, and all of it in a remembered bucket that has room.
  bool fits_in_order(std::uint64_t at, std::uint64_t length) {
    const std::uint64_t begin = std::max(at, latest_end_);
    const std::uint64_t bucket = begin >> bucket_shift;
    return at >= latest_ && length != 0 && bucket == (begin + length - 1) >> bucket_shift &&
           bucket >= first_with_room_ && bucket <= newest() && !taken_.empty() &&
           length <= bucket_length - taken(bucket);
  }
  Duration take_in_order(Duration at, Duration length) {
    latest_ = at.picoseconds();
    const std::uint64_t begin = std::max(latest_, latest_end_);
    taken(begin >> bucket_shift) += static_cast<std::uint32_t>(length.picoseconds());
    latest_end_ = begin + length.picoseconds();
    return Duration{begin};
  }
  Duration reserve_in_pieces(Duration at, Duration length);
  void reach(std::uint64_t bucket);
  std::uint64_t fill(std::uint64_t from, std::uint64_t length);

  /// Allocated by the first reservation: most links of a platform carry nothing.
  std::vector<std::uint32_t> taken_;
  /// The oldest bucket that is remembered, and the newest that exists.
  std::uint64_t oldest_ = 0;
  /// No bucket before it has time left.
  std::uint64_t first_with_room_ = 0;
  /// The latest time that was asked for, and the end of its reservation.
  std::uint64_t latest_ = 0;
  std::uint64_t latest_end_ = 0;
};

}  // namespace iommusim::timing
