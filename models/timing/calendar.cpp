// SPDX-License-Identifier: Apache-2.0
#include "timing/calendar.h"

#include <algorithm>
#include <optional>

namespace iommusim::timing {

/// Makes `bucket` one of those that are remembered, which forgets the oldest.
void Calendar::reach(std::uint64_t bucket) {
  if (bucket <= newest()) return;
  const std::uint64_t forgotten = std::min(bucket - newest(), buckets);
  for (std::uint64_t i = 0; i < forgotten; ++i)
    taken(oldest_ + i) = 0;
  oldest_ = bucket - (buckets - 1);
  first_with_room_ = std::max(first_with_room_, oldest_);
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

Duration Calendar::reserve_in_pieces(Duration at, Duration length) {
  const std::uint64_t wanted = std::max(at.picoseconds(), oldest_ << bucket_shift);
  if (length == Duration{}) return at;
  if (taken_.empty()) taken_.resize(buckets);
  if (wanted < latest_) return Duration{fill(wanted, length.picoseconds())};
  latest_ = wanted;
  const std::uint64_t begin = fill(std::max(wanted, latest_end_), length.picoseconds());
  latest_end_ = begin + length.picoseconds();
  return Duration{begin};
}

}  // namespace iommusim::timing
