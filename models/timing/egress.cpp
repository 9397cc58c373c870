// SPDX-License-Identifier: Apache-2.0
#include "timing/egress.h"

#include "pcie/ordering.h"

#include <algorithm>

namespace iommusim::timing {
namespace {

constexpr std::array<FlowClass, flow_classes> all_classes{FlowClass::posted, FlowClass::non_posted,
                                                          FlowClass::completion};

pcie::TlpClass tlp_class(FlowClass type) {
  switch (type) {
    case FlowClass::posted: return pcie::TlpClass::posted;
    case FlowClass::non_posted: return pcie::TlpClass::non_posted_read;
    case FlowClass::completion: break;
  }
  return pcie::TlpClass::completion;
}

}  // namespace

Egress::Input& Egress::input_from(std::optional<ChannelIndex> from) {
  const auto known = std::find_if(inputs_.begin(), inputs_.end(), [&](const Input& i) { return i.from == from; });
  if (known != inputs_.end()) return *known;
  inputs_.push_back({from, {}});
  return inputs_.back();
}

void Egress::add(std::uint32_t flight) {
  const Flight& arrived = flights_[flight];
  input_from(arrived.held).queues[static_cast<std::size_t>(arrived.type)].push(flight);
  ++waiting_;
}

bool Egress::may_go(const Input& input, FlowClass type, const Credits& credits) const {
  const IndexQueue& queue = input.queues[static_cast<std::size_t>(type)];
  if (queue.is_empty()) return false;
  const Flight& first = flights_[queue.front()];
  if (!credits.allow(type, first.payload)) return false;
  const IndexQueue& posted = input.queues[static_cast<std::size_t>(FlowClass::posted)];
  if (type == FlowClass::posted || posted.is_empty() || flights_[posted.front()].order > first.order) return true;
  pcie::PassingTlp passing;
  passing.type = tlp_class(type);
  passing.relaxed_ordering = flights_[first.request].tlp.relaxed_ordering;
  return pcie::may_pass(passing, pcie::TlpClass::posted) != pcie::Passing::never;
}

/// The oldest of those that may go.
std::optional<FlowClass> Egress::choose(const Input& input, const Credits& credits) const {
  std::optional<FlowClass> chosen;
  std::uint64_t oldest = ~std::uint64_t{0};
  for (const FlowClass type : all_classes) {
    if (!may_go(input, type, credits)) continue;
    const std::uint64_t order = flights_[input.queues[static_cast<std::size_t>(type)].front()].order;
    if (order >= oldest) continue;
    oldest = order;
    chosen = type;
  }
  return chosen;
}

std::optional<std::uint32_t> Egress::take(const Credits& credits) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[(turn_ + i) % inputs_.size()];
    const auto type = choose(input, credits);
    if (!type) continue;
    turn_ = (turn_ + i + 1) % inputs_.size();
    --waiting_;
    return input.queues[static_cast<std::size_t>(*type)].pop();
  }
  return std::nullopt;
}

}  // namespace iommusim::timing
