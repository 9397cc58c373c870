// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/stalls.h"

namespace iommusim::smmuv3 {

std::uint32_t Stalls::begin(std::uint32_t stream) {
  if (in_use_ == entries_.size()) return no_tag;
  while (entries_[next_].state != State::free)
    next_ = (next_ + 1) % entries_.size();
  const std::size_t tag = next_;
  entries_[tag] = {stream, State::waiting, StallVerdict::retry};
  ++in_use_;
  next_ = (next_ + 1) % entries_.size();
  return static_cast<std::uint32_t>(tag);
}

void Stalls::set_unrecorded(std::uint32_t tag) {
  Entry& entry = entries_[tag];
  if (entry.state != State::waiting) return;
  entry.state = State::unrecorded;
  ++unrecorded_;
}

void Stalls::retry_unrecorded() {
  if (unrecorded_ == 0) return;
  for (Entry& entry : entries_)
    if (entry.state == State::unrecorded) decide(entry, StallVerdict::retry);
}

void Stalls::resume(std::uint32_t stream, std::uint16_t tag, StallVerdict verdict) {
  if (tag >= entries_.size()) return;
  Entry& entry = entries_[tag];
  if (entry.state == State::waiting && entry.stream == stream) decide(entry, verdict);
}

void Stalls::terminate(std::uint32_t stream) {
  for (Entry& entry : entries_)
    if (entry.stream == stream) decide(entry, StallVerdict::abort);
}

void Stalls::terminate_all() {
  for (Entry& entry : entries_)
    decide(entry, StallVerdict::abort);
}

/// Of what waits only.
void Stalls::decide(Entry& entry, StallVerdict verdict) {
  if (entry.state != State::waiting && entry.state != State::unrecorded) return;
  if (entry.state == State::unrecorded) --unrecorded_;
  entry.state = State::decided;
  entry.verdict = verdict;
}

std::optional<StallVerdict> Stalls::take(std::uint32_t tag) {
  if (tag == no_tag) return in_use_ < entries_.size() ? std::optional{StallVerdict::retry} : std::nullopt;
  if (tag >= entries_.size() || entries_[tag].state != State::decided) return std::nullopt;
  entries_[tag].state = State::free;
  --in_use_;
  return entries_[tag].verdict;
}

}  // namespace iommusim::smmuv3
