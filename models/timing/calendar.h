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
    const Duration begin = std::max(at, latest_end_);
    const Duration end = begin + length;
    const bool fits_in_order = at >= latest_ && end <= open_end_ && length <= open_room_ && length != Duration{};
    if (!fits_in_order) return reserve_elsewhere(at, length);
    latest_ = at;
    latest_end_ = end;
    open_room_ = open_room_ - length;
    return begin;
  }

 private:
  static constexpr unsigned bucket_shift = 16;
  static constexpr std::uint64_t bucket_length = std::uint64_t{1} << bucket_shift;
  static constexpr std::uint64_t buckets = 4096;
  static constexpr std::uint64_t most_remembered = (buckets + 1) * bucket_length;

  std::uint32_t& taken(std::uint64_t bucket) { return taken_[bucket % buckets]; }
  std::uint64_t newest() const { return oldest_ + buckets - 1; }
  /// Not in the open bucket, or not in order.
  Duration reserve_elsewhere(Duration at, Duration length);
  bool has_room_in_order(Duration at, Duration length);
  Duration take_in_order(Duration at, Duration length);
  Duration take_in_pieces(Duration at, Duration length);
  void open();
  void close();
  void reach(std::uint64_t bucket) {
    if (bucket > newest()) forget_before(bucket - (buckets - 1));
  }
  void forget_before(std::uint64_t bucket);
  std::uint64_t fill(std::uint64_t from, std::uint64_t length);

  /// Allocated by the first reservation: most links of a platform carry nothing.
  std::vector<std::uint32_t> taken_;
  /// The oldest bucket that is remembered.
  std::uint64_t oldest_ = 0;
  /// No bucket before it has time left.
  std::uint64_t first_with_room_ = 0;
  /// The latest time that was asked for, and the end of its reservation.
  Duration latest_;
  Duration latest_end_;
  /// The bucket in which that ends is open: who asks in order finds in it what is told here. Its end, 0 when none is
  /// open, and what it has left; taken_ has its share again when it is closed.
  Duration open_end_;
  Duration open_room_;
};

}  // namespace iommusim::timing
