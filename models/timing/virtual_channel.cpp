// SPDX-License-Identifier: Apache-2.0
#include "timing/virtual_channel.h"

#include "timing/passing_tlp.h"

#include <algorithm>

namespace iommusim::timing {
namespace {

/// Of posted requests: so many behind the first are looked at for one that may pass. Hardware compares few, too.
constexpr std::size_t look_ahead = 8;

const IndexQueue& queue_of(const std::array<IndexQueue, flow_classes>& queues, FlowClass type) {
  return queues[static_cast<std::size_t>(type)];
}

}  // namespace

VirtualChannel::Input& VirtualChannel::input_from(std::optional<ChannelIndex> from, unsigned weight) {
  const auto known = std::find_if(inputs_.begin(), inputs_.end(), [&](const Input& i) { return i.from == from; });
  if (known != inputs_.end()) return *known;
  inputs_.push_back({from, {}});
  turn_.add(weight);
  return inputs_.back();
}

void VirtualChannel::add(std::uint32_t flight, unsigned weight) {
  const Flight& arrived = flights_[flight];
  input_from(arrived.held, weight).queues[static_cast<std::size_t>(arrived.type)].push(flight);
}

/// May the flight pass the first `older` posted requests of its input? Relaxed ordering does not ask whose they are;
/// ID-based ordering passes only those of other requesters. A completion has none of its own: its completer would set
/// it.
bool VirtualChannel::passes_posted(const Input& input, const Flight& flight, std::size_t older) const {
  const Tlp& request = flights_[flight.request].tlp;
  pcie::PassingTlp passing = passing_tlp(request);
  if (flight.type == FlowClass::completion) {
    passing.type = pcie::TlpClass::completion;
    passing.id_based_ordering = false;
  }
  const IndexQueue& posted = queue_of(input.queues, FlowClass::posted);
  for (std::size_t i = 0; passing.id_based_ordering && i < older; ++i)
    passing.id_based_ordering = !(flights_[posted[i]].tlp.requester == request.requester);
  return may_pass_posted(passing);
}

/// The first posted request, or one behind it that needs fewer credits and may pass.
std::optional<VirtualChannel::Candidate> VirtualChannel::first_posted(const Input& input,
                                                                      const Credits& credits) const {
  const IndexQueue& posted = queue_of(input.queues, FlowClass::posted);
  for (std::size_t place = 0; place < std::min(posted.size(), look_ahead); ++place) {
    const Flight& flight = flights_[posted[place]];
    if (!credits.allow(FlowClass::posted, flight.payload)) continue;
    if (place == 0 || passes_posted(input, flight, place)) return Candidate{FlowClass::posted, place, flight.order};
  }
  return std::nullopt;
}

/// Of the other classes, of which some wait, the first goes when it may pass all posted requests that came before it.
std::optional<VirtualChannel::Candidate> VirtualChannel::first_of(FlowClass type, const Input& input,
                                                                  const Credits& credits) const {
  const Flight& first = flights_[queue_of(input.queues, type).front()];
  if (!credits.allow(type, first.payload)) return std::nullopt;
  const IndexQueue& posted = queue_of(input.queues, FlowClass::posted);
  const Candidate candidate{type, 0, first.order};
  if (posted.is_empty() || flights_[posted.front()].order > first.order) return candidate;
  const Tlp& request = flights_[first.request].tlp;
  if (!request.relaxed_ordering && !request.id_based_ordering) return std::nullopt;
  std::size_t older = 1;
  while (older < posted.size() && flights_[posted[older]].order < first.order)
    ++older;
  return passes_posted(input, first, older) ? std::optional{candidate} : std::nullopt;
}

/// The oldest of those that may go.
std::optional<VirtualChannel::Candidate> VirtualChannel::choose(const Input& input, const Credits& credits) const {
  std::optional<Candidate> chosen;
  if (!queue_of(input.queues, FlowClass::posted).is_empty()) chosen = first_posted(input, credits);
  for (const FlowClass type : {FlowClass::non_posted, FlowClass::completion}) {
    if (queue_of(input.queues, type).is_empty()) continue;
    const auto other = first_of(type, input, credits);
    if (other && (!chosen || other->order < chosen->order)) chosen = other;
  }
  return chosen;
}

std::optional<std::uint32_t> VirtualChannel::take_from(Input& input, const Credits& credits) {
  const auto chosen = choose(input, credits);
  if (!chosen) return std::nullopt;
  IndexQueue& queue = input.queues[static_cast<std::size_t>(chosen->type)];
  return chosen->place == 0 ? queue.pop() : queue.pop(chosen->place);
}

std::optional<std::uint32_t> VirtualChannel::take(const Credits& credits) {
  if (inputs_.size() == 1) return take_from(inputs_.front(), credits);
  std::optional<std::uint32_t> taken;
  turn_.take([&](std::size_t at) {
    taken = take_from(inputs_[at], credits);
    return taken.has_value();
  });
  return taken;
}

}  // namespace iommusim::timing
