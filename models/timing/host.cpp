// SPDX-License-Identifier: Apache-2.0
#include "timing/host.h"

#include <algorithm>

namespace iommusim::timing {

/// One request on its way through the host.
struct Host::Visit {
  const Tlp& tlp;
  Duration not_before;
  Duration time;
  Duration released;
  std::size_t source = 0;
  Iommu* unit = nullptr;
  bool in_root_complex = false;

  /// In front of a unit. Translation requests wait for each other, but for no data of the same root-bus node: what they
  /// bring back stays in no order with it.
  std::size_t queue() const { return 2 * source + (tlp.gates ? 1 : 0); }
  Iommu::Lane lane() const { return tlp.is_answered() ? Iommu::Lane::read : Iommu::Lane::write; }
};

Host::Host(const Network& network)
    : parameters_{network.host},
      memory_{network.host.memory},
      iommus_(network.iommus.size(),
              Iommu{network.host.iommu, 2 * std::max<std::size_t>(network.root_nodes, 1), memory_, network.interval}),
      write_buffer_{network.host.root_complex.write_buffer},
      read_buffer_{network.host.root_complex.read_buffer} {}

void Host::reset_counters() {
  for (Iommu& unit : iommus_)
    unit.reset_counters();
  memory_.reset_counters();
  counters_ = {};
}

// What most requests meet is inline: the compiler then keeps a visit in registers.
inline void Host::enter(const Step& step, Visit& visit) {
  ++counters_.requests;
  visit.source = step.index;
  visit.in_root_complex = true;
  visit.time += parameters_.root_complex.latency;
  if (visit.tlp.is_answered()) visit.time = std::max(visit.time, visit.not_before);
  visit.released = visit.time;
}

inline void Host::translate(const Step& step, Visit& visit) {
  visit.unit = &iommus_[step.index];
  visit.time = visit.unit->translate({step, visit.tlp.requester, visit.queue(), visit.lane()}, visit.time);
  visit.released = visit.time;
}

inline void Host::read_memory(const Step& step, Visit& visit) {
  const Duration latency = memory_.read(step.address, visit.tlp.size, visit.time);
  const Duration held = latency + parameters_.root_complex.latency;
  visit.time = read_buffer_.reserve(visit.time, visit.tlp.lines(), held) + latency;
}

inline void Host::write_memory(const Step& step, Visit& visit) {
  const Duration latency =
      memory_.write(step.address, visit.tlp.size, visit.time) + parameters_.root_complex.write_latency;
  visit.time = write_buffer_.reserve(visit.time, visit.tlp.lines(), latency);
  if (visit.unit != nullptr) visit.unit->hold(visit.queue(), visit.lane(), visit.time);
  visit.released = visit.time;
  visit.time += latency;
}

inline void Host::leave(Visit& visit) {
  // A processor's access only comes from the system.
  const bool is_peer_to_peer = visit.in_root_complex;
  if (is_peer_to_peer) {
    ++counters_.reflected;
    counters_.reflected_bytes += visit.tlp.size;
  }
  visit.in_root_complex = false;
  visit.time += parameters_.root_complex.latency;
  if (const auto rate = parameters_.root_complex.reflection; rate && is_peer_to_peer) {
    const auto busy = static_cast<std::uint64_t>(visit.tlp.size / *rate * 1e12);
    visit.time = reflection_.reserve(visit.time, Duration{busy}) + Duration{busy};
  }
  visit.released = visit.time;
}

inline void Host::take(const Step& step, Visit& visit) {
  switch (step.kind) {
    case StepKind::root_complex_in: return enter(step, visit);
    case StepKind::translation: return translate(step, visit);
    case StepKind::memory: return visit.tlp.is_answered() ? read_memory(step, visit) : write_memory(step, visit);
    case StepKind::root_complex_out: return leave(visit);
    case StepKind::device: visit.time += parameters_.device; return;
    case StepKind::doorbell: visit.time += parameters_.doorbell; return;
    case StepKind::other: visit.time += Duration{step.address}; return;
    case StepKind::channel: return;
  }
}

Host::Answer Host::serve(const Request& request) {
  const Journey& journey = request.tlp.journey;
  Visit visit{request.tlp, request.not_before, request.arrival, request.arrival};
  std::size_t step = request.step;
  for (; step < journey.size() && journey[step].kind != StepKind::channel; ++step)
    take(journey[step], visit);
  // What the root complex answers crosses it again.
  if (step == journey.size() && visit.in_root_complex && request.tlp.is_answered())
    visit.time += parameters_.root_complex.latency;
  return {step, visit.time, visit.released};
}

}  // namespace iommusim::timing
