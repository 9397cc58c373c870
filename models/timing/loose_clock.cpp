// SPDX-License-Identifier: Apache-2.0
#include "timing/loose_clock.h"

#include "timing/passing_tlp.h"
#include "timing/way_back.h"

#include <algorithm>

namespace iommusim::timing {
namespace {

/// The largest window.
constexpr std::size_t most_under_way = std::size_t{1} << 20;

}  // namespace

LooseClock::LooseClock(const Network& network)
    : Clock{network},
      network_{network},
      posted_lines_(std::max<std::size_t>(network.root_nodes, 1),
                    PostedLines{LineBuffer{network.host.root_complex.posted_lines}, Duration{}}) {
  channels_.reserve(network.channels.size());
  for (std::size_t i = 0; i < network.channels.size(); ++i)
    channels_.push_back(
        {&network.channels[i], {}, &counters_of(i), {network.channels[i], network.seed, i}, series_of(i)});
  engines_.reserve(network.engines.size());
  for (const EngineParameters& engine : network.engines)
    engines_.emplace_back(engine);
}

void LooseClock::SentWrites::add(const Tlp& write, Duration sent, Duration performed) {
  writes_[count_++ % writes_.size()] = {sent, performed, write.traffic_class};
}

Duration LooseClock::SentWrites::performed_before(const Tlp& request, Duration time) const {
  if (may_pass_own_posted(request)) return {};
  const std::size_t kept = std::min(count_, writes_.size());
  for (std::size_t i = 1; i <= kept; ++i) {
    const Write& write = writes_[(count_ - i) % writes_.size()];
    if (write.traffic_class == request.traffic_class && write.sent < time) return write.performed;
  }
  return {};
}

void LooseClock::submit(const DmaOperation& operation) {
  EngineState& engine = engines_[operation.engine];
  const Duration end = operation.message                         ? message(engine, operation)
                       : operation.operation == Operation::write ? write(engine, operation)
                                                                 : read(engine, operation);
  count(operation.function, operation.operation, operation.size, operation.start, end);
  reached(end);
  under_way_.remove_until(operation.start);
  under_way_.add(end);
  // No window is larger, and a wait for all asks for the latest only.
  if (under_way_.size() > most_under_way) under_way_.remove_earliest();
}

Duration LooseClock::wait_for_slot(unsigned window) {
  Duration now;
  while (under_way_.size() >= window) {
    now = under_way_.earliest();
    under_way_.remove_earliest();
  }
  return now;
}

Duration LooseClock::spend(const Tlp& tlp, Duration start) {
  const Passage passage = pass(tlp, start, nullptr);
  reached(passage.end);
  return passage.end;
}

/// It keeps its place among those that wait until it has all its translations.
void LooseClock::ask(EngineState& engine, const DmaOperation& operation, const Tlp& request, Progress& progress) {
  if (!progress.asks) progress.translated = std::max(progress.translated, engine.translations.earliest());
  progress.asks = true;
  const Duration answered = pass(request, progress.translated, &engine).end;
  count_translation(operation.function, progress.translated, answered);
  progress.translated = answered;
  progress.next = std::max(progress.next, answered);
}

void LooseClock::end_translations(EngineState& engine, const Progress& progress) {
  if (progress.asks) engine.translations.take(progress.translated);
}

/// One chunk through an engine and the port that both engines share. Returns when both are done with it.
Duration LooseClock::move(EngineState& engine, Server& side, Duration start, std::uint64_t bytes, bool first) {
  const EngineParameters& p = engine.parameters;
  const std::size_t lines = lines_of(bytes);
  const Duration begin = std::max(start, side.free());
  const Duration port_time = p.port_time(lines, first);
  const Duration port_end = engine.port.reserve(begin, port_time) + port_time;
  const Duration end = std::max(begin + p.engine_time(lines), port_end);
  side.busy_until(end);
  return end;
}

Duration LooseClock::write(EngineState& engine, const DmaOperation& operation) {
  const EngineParameters& p = engine.parameters;
  const Duration begin = operation.start + p.command / 2 + p.descriptor;
  Duration ready = std::max(begin, engine.buffers.earliest());
  if (p.has_engine())
    for (std::uint64_t moved = 0; moved < std::max<std::uint64_t>(operation.size, 1); moved += p.chunk)
      ready = move(engine, engine.writer, ready, std::min<std::uint64_t>(p.chunk, operation.size - moved), moved == 0);
  Progress progress{ready, begin};
  for (const Tlp& tlp : operation.tlps) {
    if (tlp.gates) {
      ask(engine, operation, tlp, progress);
      continue;
    }
    const Passage passage = pass(tlp, std::max(progress.next, engine.next_issue), &engine);
    progress.next = passage.sent;
    engine.next_issue = std::max(passage.begun + p.issue, passage.sent);
    engine.sent.add(tlp, passage.sent, passage.end);
    reached(passage.end);
  }
  end_translations(engine, progress);
  engine.buffers.take(progress.next);
  return progress.next + p.command / 2;
}

Duration LooseClock::read(EngineState& engine, const DmaOperation& operation) {
  const EngineParameters& p = engine.parameters;
  const std::size_t at_once = p.tags_of(operation.size);
  const Duration begin = operation.start + p.command / 2 + p.descriptor;
  Progress progress{begin, begin};
  Duration end = begin;
  for (std::size_t first = 0; first < operation.tlps.size();) {
    const std::size_t last = batch_end(operation, first, at_once);
    end = std::max(read_batch(engine, operation, {first, last}, progress), progress.translated);
    first = last;
  }
  end_translations(engine, progress);
  reached(end);
  return end + p.command / 2;
}

/// Translation requests take no tags of reads.
std::size_t LooseClock::batch_end(const DmaOperation& operation, std::size_t first, std::size_t at_once) {
  std::size_t last = first;
  for (std::size_t reads = 0; last < operation.tlps.size() && reads < at_once; ++last)
    if (!operation.tlps[last].gates) ++reads;
  return last;
}

/// Requests that have tags at the same time: what they bring is moved when all of it is there.
Duration LooseClock::read_batch(EngineState& engine, const DmaOperation& operation, Batch batch, Progress& progress) {
  const EngineParameters& p = engine.parameters;
  Slots& tags = operation.size > p.large ? engine.tags_large : engine.tags;
  Duration arrived;
  for (std::size_t i = batch.first; i < batch.last; ++i) {
    if (operation.tlps[i].gates) {
      ask(engine, operation, operation.tlps[i], progress);
      continue;
    }
    const Passage passage = pass(operation.tlps[i], std::max(progress.next, tags.acquire()), &engine);
    progress.next = passage.begun;
    arrived = std::max(arrived, passage.end);
    if (!p.has_engine()) tags.release_at(passage.end);
  }
  if (!p.has_engine()) return arrived;
  Duration end = arrived;
  bool is_first = batch.first == 0;
  for (std::size_t i = batch.first; i < batch.last; ++i) {
    if (operation.tlps[i].gates) continue;
    end = move(engine, engine.reader, end, operation.tlps[i].size, is_first);
    is_first = false;
    tags.release_at(end);
  }
  return end;
}

Duration LooseClock::message(EngineState& engine, const DmaOperation& operation) {
  Duration sent = operation.start;
  for (const Tlp& tlp : operation.tlps) {
    const Passage passage = pass(tlp, std::max(sent, engine.next_issue), &engine);
    sent = passage.sent;
    engine.sent.add(tlp, passage.sent, passage.end);
    reached(passage.end);
  }
  return sent;
}

inline LooseClock::Front LooseClock::cross(ChannelState& channel, std::uint64_t bytes, Front front) {
  const Channel& p = *channel.parameters;
  const Duration length = p.link.serialize(bytes);
  const Duration at = (p.entry.store_and_forward ? front.tail : front.head) + p.entry.latency;
  const unsigned replays = channel.errors.replays_of(bytes);
  const Duration lost = replays == 0 ? Duration{} : LinkErrors::cost(p, length) * replays;
  const Duration begin = channel.calendar.reserve(at, lost + length) + lost;
  // Cut through: the last byte cannot leave before it is here.
  const Duration end = std::max(begin + length, front.tail + p.entry.latency);
  ChannelCounters& counters = *channel.counters;
  counters.bytes += bytes;
  counters.busy += lost + length;
  counters.replays += replays;
  if (channel.series != nullptr) count_sent(*channel.series, begin - lost, bytes, lost + length);
  return {begin + p.link.propagation(), end + p.link.propagation()};
}

inline LooseClock::PostedLines* LooseClock::lines_for(const Tlp& tlp, Duration ready) {
  const std::size_t entry = tlp.journey.entry();
  if (tlp.is_answered() || entry == 0) return nullptr;
  PostedLines& port = posted_lines_[tlp.journey[entry].index];
  if (ready < port.latest) return nullptr;
  port.latest = ready;
  return &port;
}

/// A posted write is sent when its lines at the root port will be free at its arrival there, if nothing delays it.
inline Duration LooseClock::wait_for_lines(const PostedLines& port, const Tlp& tlp, Duration ready) {
  const Duration approach = approach_of(tlp);
  const Duration free = port.lines.earliest(tlp.lines());
  return free > ready + approach ? free - approach : ready;
}

/// Of a TLP that goes straight up.
inline Duration LooseClock::approach_of(const Tlp& tlp) {
  ChannelState::Approach& known = channels_[tlp.journey[0].index].approach;
  const std::size_t channels = tlp.journey.entry();
  if (known.channels != channels || known.wire_bytes != tlp.wire_bytes)
    known = {channels, tlp.wire_bytes, measure_approach(tlp)};
  return known.time;
}

Duration LooseClock::measure_approach(const Tlp& tlp) const {
  Duration time = network_.host.root_complex.latency;
  for (std::size_t i = 0; tlp.journey[i].kind == StepKind::channel; ++i) {
    const Channel& channel = network_.channels[tlp.journey[i].index];
    time += channel.link.propagation() + channel.entry.latency;
    if (i == 0 || channel.entry.store_and_forward) time += channel.link.serialize(tlp.wire_bytes);
  }
  return time;
}

LooseClock::Passage LooseClock::pass(const Tlp& tlp, Duration ready, const EngineState* engine) {
  const bool posted = !tlp.is_answered();
  PostedLines* const lines = lines_for(tlp, ready);
  if (lines != nullptr) ready = wait_for_lines(*lines, tlp, ready);
  Front front{ready, ready};
  Passage passage{ready, ready, ready};
  std::size_t channels = 0;
  const Journey& journey = tlp.journey;
  for (std::size_t step = 0; step < journey.size();) {
    if (journey[step].kind == StepKind::channel) {
      ChannelState& channel = channels_[journey[step].index];
      front = cross(channel, tlp.wire_bytes, front);
      ++(posted ? channel.counters->posted : channel.counters->non_posted);
      if (step == 0) {
        const Duration propagation = channel.parameters->link.propagation();
        passage.begun = front.head - propagation;
        passage.sent = front.tail - propagation;
      }
      ++channels;
      ++step;
      continue;
    }
    // A translation request reads no memory of its own.
    const bool waits = !posted && !tlp.gates && engine != nullptr;
    const Duration earlier = waits ? engine->sent.performed_before(tlp, passage.sent) : Duration{};
    const Host::Answer answer = ask_host({tlp, step, front.tail, earlier});
    if (lines != nullptr && journey[step].kind == StepKind::root_complex_in)
      lines->lines.take(tlp.lines(), answer.released);
    front = {answer.ready, answer.ready};
    step = answer.step;
  }
  passage.end = front.tail;
  if (tlp.times_out && engine != nullptr) {
    passage.end = passage.sent + engine->parameters.completion_timeout;
    return passage;
  }
  return posted ? passage : pass_back(tlp, channels, passage);
}

/// The completions, over the same links in the other direction.
LooseClock::Passage LooseClock::pass_back(const Tlp& tlp, std::size_t channels, Passage passage) {
  if (channels == 0) return passage;
  const Journey& journey = tlp.journey;
  const Duration ready = passage.end;
  for (const pcie::CompletionPart part : tlp.completions()) {
    Front front{ready, ready};
    WayBack way{journey.size(), Duration{}};
    while (way.step) {
      way = way_back(journey, *way.step, network_.host.root_complex);
      if (way.crossing != Duration{}) front.head = front.tail += way.crossing;
      if (!way.step) break;
      ChannelState& back = channels_[journey[*way.step].index ^ 1u];
      front = cross(back, pcie::completion_bytes(part), front);
      ++back.counters->completions;
    }
    passage.end = std::max(passage.end, front.tail);
  }
  return passage;
}

}  // namespace iommusim::timing
