// SPDX-License-Identifier: Apache-2.0
#include "timing/calendar.h"

#include <algorithm>
#include <optional>

namespace iommusim::timing {

/// Makes room for newer buckets.
inline void Calendar::forget_before(std::uint64_t bucket) {
  const std::uint64_t forgotten = std::min(bucket - oldest_, buckets);
  for (std::uint64_t i = 0; i < forgotten; ++i)
    taken(oldest_ + i) = 0;
  oldest_ = bucket;
  first_with_room_ = std::max(first_with_room_, oldest_);
}

/// The bucket in which the latest reservation ends, unless it was forgotten or is full.
inline void Calendar::open() {
  const std::uint64_t bucket = (latest_end_.picoseconds() - 1) >> bucket_shift;
  if (bucket < first_with_room_ || bucket > newest()) return;
  open_end_ = Duration{(bucket + 1) << bucket_shift};
  open_room_ = Duration{bucket_length - taken(bucket)};
}

inline void Calendar::close() {
  if (open_end_ == Duration{}) return;
  taken((open_end_.picoseconds() >> bucket_shift) - 1) =
      static_cast<std::uint32_t>(bucket_length - open_room_.picoseconds());
  open_end_ = Duration{};
}

/// Takes `length` from `from` on; returns where it began.
std::uint64_t Calendar::fill(std::uint64_t from, std::uint64_t length) {
  std::uint64_t bucket = std::max(from >> bucket_shift, first_with_room_);
  std::optional<std::uint64_t> begin;
  for (std::uint64_t left = length; left != 0; ++bucket) {
    if (bucket > newest() && left > most_remembered) {
      // Beyond what is remembered everything is free, and most of this is forgotten before it is over.
      if (!begin) begin = std::max(from, bucket << bucket_shift);
      const std::uint64_t skipped = left / bucket_length - buckets;
      bucket += skipped;
      left -= skipped * bucket_length;
      from = bucket << bucket_shift;
    }
    reach(bucket);
    const std::uint64_t bucket_begin = std::max(from, bucket << bucket_shift);
    const std::uint64_t until_end = ((bucket + 1) << bucket_shift) - bucket_begin;
    std::uint32_t& used = taken(bucket);
    const std::uint64_t room = std::min(bucket_length - used, until_end);
    if (used == bucket_length && bucket == first_with_room_) ++first_with_room_;
    if (room == 0) continue;
    if (!begin) begin = bucket_begin;
    const std::uint64_t piece = std::min(left, room);
    used += static_cast<std::uint32_t>(piece);
    left -= piece;
  }
  return begin.value_or(from);
}

/// All of it lies in one bucket, and that has room: a new one has.
inline bool Calendar::has_room_in_order(Duration at, Duration length) {
  const std::uint64_t begin = std::max(at, latest_end_).picoseconds();
  const std::uint64_t bucket = begin >> bucket_shift;
  if (bucket != (begin + length.picoseconds() - 1) >> bucket_shift) return false;
  return bucket > newest() || (bucket >= first_with_room_ && length.picoseconds() <= bucket_length - taken(bucket));
}

inline Duration Calendar::take_in_order(Duration at, Duration length) {
  const Duration begin = std::max(at, latest_end_);
  const std::uint64_t bucket = begin.picoseconds() >> bucket_shift;
  latest_ = at;
  if (bucket > newest()) {
    latest_ = std::max(at, Duration{oldest_ << bucket_shift});
    reach(bucket);
  }
  taken(bucket) += static_cast<std::uint32_t>(length.picoseconds());
  latest_end_ = begin + length;
  return begin;
}

Duration Calendar::reserve_elsewhere(Duration at, Duration length) {
  if (length == Duration{}) return at;
  if (taken_.empty()) taken_.resize(buckets);
  close();
  const Duration begin =
      at >= latest_ && has_room_in_order(at, length) ? take_in_order(at, length) : take_in_pieces(at, length);
  open();
  return begin;
}

Duration Calendar::take_in_pieces(Duration at, Duration length) {
  const Duration wanted = std::max(at, Duration{oldest_ << bucket_shift});
  const bool is_in_order = wanted >= latest_;
  const Duration begin{fill(std::max(wanted, is_in_order ? latest_end_ : wanted).picoseconds(), length.picoseconds())};
  if (is_in_order) {
    latest_ = wanted;
    latest_end_ = begin + length;
  }
  return begin;
}

}  // namespace iommusim::timing
