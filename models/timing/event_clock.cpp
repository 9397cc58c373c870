// SPDX-License-Identifier: Apache-2.0
#include "timing/event_clock.h"

#include "timing/series_columns.h"
#include "timing/way_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace iommusim::timing {
namespace {

/// Operations that may wait in a device at once. A driver's rings are no longer either; more would be memory without
/// end for a trace that asks for more than the links can carry.
constexpr std::size_t most_under_way = std::size_t{1} << 14;
/// And so many of their TLPs; one operation may have more.
constexpr std::size_t most_flights = std::size_t{1} << 16;

}  // namespace

EventClock::EventClock(const Network& network)
    : Clock{network}, network_{network}, performed_{network.root_nodes + 1, network.engines.size()} {
  channels_.reserve(network.channels.size());
  for (std::size_t i = 0; i < network.channels.size(); ++i)
    channels_.emplace_back(network, i, flights_);
  engines_.reserve(network.engines.size());
  EngineActions& actions = *this;
  for (std::size_t i = 0; i < network.engines.size(); ++i)
    engines_.emplace_back(i, network.engines[i], operations_, flights_, actions);
}

void EventClock::submit(const DmaOperation& operation) {
  run_until(operation.start);
  wait_for_slot(most_under_way);
  while (flights_.in_use() >= most_flights && !events_.is_empty())
    step();
  now_ = std::max(now_, operation.start);
  const std::uint32_t index = operations_.acquire();
  make_flights(index, operation);
  ++under_way_;
  const EngineParameters& engine = network_.engines[operation.engine];
  const Duration latency = operation.message ? Duration{} : engine.command / 2 + engine.descriptor;
  if (latency == Duration{})
    engines_[operation.engine].begin(index, now_);
  else
    events_.add(now_ + latency, Kind::begin, index);
}

void EventClock::make_flights(std::uint32_t operation, const DmaOperation& facts) {
  OperationState& state = operations_[operation];
  state.engine = facts.engine;
  state.function = facts.function;
  state.operation = facts.operation;
  state.message = facts.message;
  state.start = facts.start;
  state.size = facts.size;
  state.flights.clear();
  state.gates.clear();
  state.translated = state.sent = state.answered = state.moved = 0;
  for (const Tlp& tlp : facts.tlps) {
    const std::uint32_t index = flights_.acquire();
    Flight& flight = flights_[index];
    flight.tlp = tlp;
    flight.request = index;
    flight.operation = operation;
    flight.engine = static_cast<std::uint32_t>(facts.engine);
    flight.type = tlp.is_answered() ? FlowClass::non_posted : FlowClass::posted;
    flight.wire_bytes = tlp.wire_bytes;
    flight.payload = tlp.operation == Operation::read ? 0 : tlp.size;
    flight.step = 0;
    flight.held.reset();
    flight.completions = 0;
    if (tlp.gates)
      state.gates.push_back({index, state.flights.size()});
    else
      state.flights.push_back(index);
  }
  // So the operation cannot end before its last translation request does.
  for (auto gate = state.gates.rbegin(); gate != state.gates.rend() && gate->before == state.flights.size(); ++gate)
    gate->before = std::max<std::size_t>(state.flights.size(), 1) - 1;
}

Duration EventClock::wait_for_slot(unsigned window) {
  while (under_way_ >= window && !events_.is_empty())
    step();
  return now_;
}

Duration EventClock::finish() {
  while (!events_.is_empty())
    step();
  if (under_way_ != 0 || flights_.in_use() != 0) {
    std::string report = fmt::format("{} operations never end", under_way_);
    for (const std::string& line : waiting())
      report += "\n  " + line;
    throw std::logic_error{report};
  }
  return latest();
}

bool EventClock::credits_are_complete() const {
  return std::all_of(channels_.begin(), channels_.end(),
                     [](const ChannelState& channel) { return channel.egress.credits_are_complete(); });
}

std::vector<std::string> EventClock::waiting() const {
  std::vector<std::string> lines;
  for (const ChannelState& channel : channels_)
    if (!channel.egress.is_empty())
      lines.push_back(fmt::format("{}: {} TLPs wait for credits", channel.parameters->name, channel.egress.waiting()));
  return lines;
}

void EventClock::run_until(Duration time) {
  while (!events_.is_empty() && events_.next_time() <= time)
    step();
}

void EventClock::step() {
  const Event<Kind> event = events_.take();
  now_ = event.time;
  switch (event.kind) {
    case Kind::begin: return engines_[operations_[event.subject].engine].begin(event.subject, now_);
    case Kind::enqueue: return enqueue(event.subject);
    case Kind::send:
      // An earlier look has taken the place of this one.
      if (channels_[event.subject].look_again != now_) return;
      channels_[event.subject].look_again.reset();
      return serve(static_cast<ChannelIndex>(event.subject));
    case Kind::arrive: return arrive(event.subject);
    case Kind::answer: return answer(event.subject);
    case Kind::end:
      operations_.release(event.subject);
      --under_way_;
      return;
    case Kind::read_moved: return engines_[event.subject].on_event(EngineEvent::read_moved, now_);
    case Kind::write_moved: return engines_[event.subject].on_event(EngineEvent::write_moved, now_);
    case Kind::may_send: return engines_[event.subject].on_event(EngineEvent::may_send, now_);
    case Kind::sent: return engines_[event.subject].on_event(EngineEvent::sent, now_);
  }
}

void EventClock::wake(std::size_t engine, EngineEvent event, Duration time) {
  constexpr std::array<Kind, 4> kinds{Kind::read_moved, Kind::write_moved, Kind::may_send, Kind::sent};
  events_.add(time, kinds[static_cast<std::size_t>(event)], static_cast<std::uint32_t>(engine));
}

void EventClock::end(std::uint32_t operation, Duration time) {
  const OperationState& state = operations_[operation];
  count(state.function, state.operation, state.size, state.start, time);
  reached(time);
  events_.add(time, Kind::end, operation);
}

void EventClock::translated(const OperationState& operation, Duration time) {
  count_translation(operation.function, operation.asked, time);
}

/// From its device: into the queue of the link, or, inside the root complex, to where it goes.
void EventClock::send(std::uint32_t flight) {
  Flight& sent = flights_[flight];
  sent.tail = now_;
  sent.given_up = now_ + network_.engines[sent.engine].completion_timeout;
  if (sent.tlp.journey.size() != 0 && sent.tlp.journey[0].kind == StepKind::channel) return enqueue(flight);
  const std::size_t engine = sent.engine;
  arrive(flight);
  engines_[engine].on_sent(flight, now_, now_);
}

/// The link that it waits for. Completions go back by the way that their request came.
ChannelIndex EventClock::next_channel(const Flight& flight) const {
  const ChannelIndex there = flights_[flight.request].tlp.journey[flight.step].index;
  return flight.type == FlowClass::completion ? static_cast<ChannelIndex>(there ^ 1U) : there;
}

QueuedTlp EventClock::queued(ChannelIndex channel, const Flight& flight) const {
  const std::uint32_t from = flight.held ? *flight.held : nobody;
  const std::uint8_t virtual_channel = channels_[channel].egress.channel_of(flight);
  return {channel, from, virtual_channel, flight.type, flight.order, flights_[flight.request].tlp};
}

void EventClock::enqueue(std::uint32_t flight) {
  Flight& arrived = flights_[flight];
  arrived.order = arrivals_++;
  const ChannelIndex channel = next_channel(arrived);
  ChannelState& state = channels_[channel];
  state.egress.add(flight);
  if (monitor_ != nullptr) monitor_->on_queued(queued(channel, arrived));
  ChannelCounters& counters = counters_of(channel);
  counters.queue_max = std::max<std::uint64_t>(counters.queue_max, state.egress.waiting());
  if (TimeSeries* const series = series_of(channel))
    series->add(now_, channel_series::queue_max, state.egress.waiting());
  serve(channel);
}

/// Sends what may be sent now, and sees to it that somebody looks again when more may be.
void EventClock::serve(ChannelIndex channel) {
  ChannelState& state = channels_[channel];
  if (state.egress.is_empty()) return;
  if (state.busy_until > now_) return look_again(channel, state.busy_until);
  if (const auto flight = state.egress.take(now_)) {
    transmit(channel, *flight);
    if (!state.egress.is_empty()) look_again(channel, state.busy_until);
    return;
  }
  // Without credits on their way, whoever frees the receiver's buffer looks again.
  if (const auto time = state.egress.next_return()) look_again(channel, *time);
}

void EventClock::look_again(ChannelIndex channel, Duration time) {
  ChannelState& state = channels_[channel];
  if (state.look_again && *state.look_again <= time) return;
  state.look_again = time;
  events_.add(time, Kind::send, channel);
}

void EventClock::transmit(ChannelIndex channel, std::uint32_t flight) {
  ChannelState& state = channels_[channel];
  const Channel& parameters = *state.parameters;
  Flight& sent = flights_[flight];
  const Duration length = parameters.link.serialize(sent.wire_bytes);
  const unsigned replays = state.errors.replays_of(sent.wire_bytes);
  const Duration begin = replays == 0 ? now_ : now_ + LinkErrors::cost(parameters, length) * replays;
  // Cut through: the last byte cannot leave before it is here.
  const Duration end = std::max(begin + length, sent.tail + parameters.entry.latency);
  state.busy_until = begin + length;
  if (monitor_ != nullptr) monitor_->on_sent(queued(channel, sent));
  ChannelCounters& counters = counters_of(channel);
  ++(sent.type == FlowClass::posted       ? counters.posted
     : sent.type == FlowClass::non_posted ? counters.non_posted
                                          : counters.completions);
  counters.bytes += sent.wire_bytes;
  counters.busy += begin + length - now_;
  counters.replays += replays;
  if (TimeSeries* const series = series_of(channel)) count_sent(*series, now_, sent.wire_bytes, begin + length - now_);
  const bool is_from_device = !sent.held && sent.type != FlowClass::completion && sent.step == 0;
  leave_buffer(sent, end);
  sent.held = channel;
  sent.tail = end + parameters.link.propagation();
  if (is_from_device) sent.given_up = end + network_.engines[sent.engine].completion_timeout;
  go_on(flight, begin + parameters.link.propagation());
  if (is_from_device) engines_[sent.engine].on_sent(flight, now_, end);
}

/// After a link: the first byte arrives at `head`, the last at the flight's `tail`.
void EventClock::go_on(std::uint32_t flight, Duration head) {
  Flight& moving = flights_[flight];
  const Journey& journey = flights_[moving.request].tlp.journey;
  Duration crossing;
  if (moving.type == FlowClass::completion) {
    const WayBack way = way_back(journey, moving.step, network_.host.root_complex);
    crossing = way.crossing;
    if (!way.step) return events_.add(moving.tail + crossing, Kind::arrive, flight);
    moving.step = *way.step;
  } else {
    ++moving.step;
    if (moving.step == journey.size() || journey[moving.step].kind != StepKind::channel)
      return events_.add(moving.tail, Kind::arrive, flight);
  }
  const PortParameters& port = network_.channels[next_channel(moving)].entry;
  const bool cut_through = !port.store_and_forward && crossing == Duration{};
  events_.add((cut_through ? head : moving.tail) + port.latency + crossing, Kind::enqueue, flight);
}

void EventClock::leave_buffer(Flight& flight, Duration time) {
  if (!flight.held) return;
  const ChannelIndex channel = *flight.held;
  ChannelState& state = channels_[channel];
  const Channel& parameters = *state.parameters;
  const Duration known = time + parameters.link.propagation() + parameters.credits.return_latency;
  state.egress.return_credit(known, flight);
  flight.held.reset();
  if (!state.egress.is_empty()) look_again(channel, std::max(known, state.busy_until));
}

/// The root-bus node that it enters the root complex through; one more for who does not.
std::size_t EventClock::source_at(const Tlp& tlp, std::size_t step) const {
  const bool enters = step < tlp.journey.size() && tlp.journey[step].kind == StepKind::root_complex_in;
  return enters ? tlp.journey[step].index : network_.root_nodes;
}

void EventClock::arrive(std::uint32_t flight) {
  Flight& arrived = flights_[flight];
  if (arrived.type == FlowClass::completion) return arrive_completion(flight);
  const bool posted = arrived.type == FlowClass::posted;
  const std::size_t source = source_at(arrived.tlp, arrived.step);
  // A translation request reads no memory of its own.
  const Duration earlier =
      posted || arrived.tlp.gates ? Duration{} : performed_.before(arrived.tlp, source, arrived.engine);
  const Host::Answer answer = ask_host({arrived.tlp, arrived.step, arrived.tail, earlier});
  leave_buffer(arrived, answer.released);
  arrived.step = answer.step;
  arrived.tail = answer.ready;
  if (answer.step < arrived.tlp.journey.size()) return events_.add(answer.ready, Kind::enqueue, flight);
  if (!posted) {
    const Duration answered = arrived.tlp.times_out ? std::max(arrived.given_up, now_) : answer.ready;
    return events_.add(answered, Kind::answer, flight);
  }
  performed_.add(arrived.tlp, source, arrived.engine, answer.ready);
  reached(answer.ready);
  flights_.release(flight);
}

/// The data of a request are there, or its refusal: completions go back.
void EventClock::answer(std::uint32_t request) {
  const Tlp& tlp = flights_[request].tlp;
  const WayBack way = way_back(tlp.journey, tlp.journey.size(), network_.host.root_complex);
  if (!way.step || tlp.times_out) return engines_[flights_[request].engine].on_answered(request, now_);
  for (const pcie::CompletionPart part : tlp.completions()) {
    ++flights_[request].completions;
    const std::uint32_t index = flights_.acquire();
    Flight& completion = flights_[index];
    completion.request = request;
    completion.operation = flights_[request].operation;
    completion.type = FlowClass::completion;
    completion.wire_bytes = static_cast<std::uint32_t>(pcie::completion_bytes(part));
    completion.payload = part.size;
    completion.step = *way.step;
    completion.held.reset();
    completion.tail = now_ + way.crossing;
    events_.add(completion.tail, Kind::enqueue, index);
  }
}

void EventClock::arrive_completion(std::uint32_t flight) {
  Flight& arrived = flights_[flight];
  const std::uint32_t request = arrived.request;
  leave_buffer(arrived, now_);
  flights_.release(flight);
  if (--flights_[request].completions == 0) engines_[flights_[request].engine].on_answered(request, now_);
}

}  // namespace iommusim::timing
