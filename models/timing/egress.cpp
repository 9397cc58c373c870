// SPDX-License-Identifier: Apache-2.0
#include "timing/egress.h"

#include <algorithm>

namespace iommusim::timing {

Egress::Egress(const Channel& own, const std::vector<Channel>& channels, const Pool<Flight>& flights)
    : own_{own}, channels_{channels}, flights_{flights} {
  for (const unsigned weight : own.virtual_channels.weights) {
    virtual_channels_.emplace_back(flights);
    credits_.emplace_back(own.credits.advertised);
    turn_.add(weight);
  }
}

void Egress::add(std::uint32_t flight) {
  const Flight& arrived = flights_[flight];
  virtual_channels_[channel_of(arrived)].add(flight, arrived.held ? channels_[*arrived.held].weight : 1);
  ++waiting_;
}

std::optional<std::uint32_t> Egress::take(Duration now) {
  std::optional<std::uint32_t> taken;
  turn_.take([&](std::size_t at) {
    credits_[at].update(now);
    taken = virtual_channels_[at].take(credits_[at]);
    return taken.has_value();
  });
  if (!taken) return taken;
  --waiting_;
  const Flight& sent = flights_[*taken];
  credits_[channel_of(sent)].consume(sent.type, sent.payload);
  return taken;
}

std::optional<Duration> Egress::next_return() const {
  std::optional<Duration> first;
  for (const Credits& credits : credits_)
    if (const auto time = credits.next_return(); time && (!first || *time < *first)) first = time;
  return first;
}

bool Egress::credits_are_complete() const {
  return std::all_of(credits_.begin(), credits_.end(), [](const Credits& credits) { return credits.are_complete(); });
}

}  // namespace iommusim::timing
