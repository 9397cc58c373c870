// SPDX-License-Identifier: Apache-2.0
#include "analysis/recorder.h"

#include <algorithm>

#include "pcie/link_timing.h"

namespace iommusim::analysis {
namespace {

std::size_t mix(std::size_t hash, std::uint64_t value) {
  return (hash ^ static_cast<std::size_t>(value)) * std::size_t{0x9E37'79B9'7F4A'7C15};
}

}  // namespace

std::string_view operation_name(AccessSource source, Operation operation) {
  if (source == AccessSource::msi) return "msi";
  if (source == AccessSource::raw_write) return "raw-write";
  return to_string(operation);
}

std::size_t Recorder::KeyHash::operator()(const Key& key) const {
  const auto rule = reinterpret_cast<std::uintptr_t>(key.rule);
  return mix(mix(mix(pcie::index_of(key.device), static_cast<std::uint64_t>(key.kind)), key.page), rule);
}

std::size_t Recorder::FaultKeyHash::operator()(const FaultKey& key) const {
  return mix(mix(pcie::index_of(key.device), key.reason), key.page);
}

Recorder::Recorder(platforms::Machine& machine, const platforms::OperatingSystem& system,
                   const RecorderOptions& options)
    : machine_{machine}, system_{system}, intents_{machine, system}, options_{options} {
  for (const platforms::Device& device : machine.devices()) results_.devices[device.node];
}

void Recorder::begin_access(pcie::NodeIndex device, AccessSource source, Duration time, std::uint64_t size) {
  device_ = device;
  source_ = source;
  time_ = time;
  size_ = size;
  first_tlp_ = true;
  collided_ = false;
  open_collision_.reset();
  summary_ = &results_.devices[device];
}

Intent Recorder::intent_of(const Tlp& tlp) const {
  switch (source_) {
    case AccessSource::dma: return intents_.of_dma(device_, tlp.access.address);
    case AccessSource::msi: return intents_.of_msi(device_, tlp.msi_index);
    case AccessSource::raw_write:
      return intents_.of_raw_write(device_, {tlp.access.address, tlp.message_data});
  }
  return {};
}

bool Recorder::maps_elsewhere(PhysAddr physical) const {
  const platforms::Domain* own = system_.domain_of(device_);
  bool found = false;
  for (const auto& domain : system_.domains()) {
    if (domain.get() == own) continue;
    domain->space.for_each_live([&](const Range<Iova>& range, const software::Intent& intent) {
      found = found || physical - intent.physical < range.size();
    });
  }
  return found;
}

Circumstance Recorder::circumstance_of(const Tlp& tlp) const {
  Circumstance circumstance;
  circumstance.operation = tlp.access.operation;
  const auto& window = machine_.bridges()[machine_.topology()[device_].host_bridge].interrupt_window;
  circumstance.in_interrupt_window = window && window->contains(tlp.access.address);
  return circumstance;
}

void Recorder::on_tlp(const Tlp& tlp) {
  ++summary_->tlps;
  summary_->link_bytes += pcie::request_bytes(tlp.access);
  const Intent intent = intent_of(tlp);
  Circumstance circumstance = circumstance_of(tlp);
  auto kind = classify(intent, tlp.landing, circumstance);
  if (kind == CollisionKind::wrong_memory && maps_elsewhere(PhysAddr{tlp.landing.address})) {
    circumstance.foreign_memory = true;
    kind = classify(intent, tlp.landing, circumstance);
  }
  if (first_tlp_ || (kind && !collided_)) landed_ = tlp.landing.kind;
  if (tlp.landing.kind == LandingKind::iommu_fault) note_fault(tlp, intent);
  if (tlp.landing.kind == LandingKind::interrupt) note_interrupt(tlp.landing);
  if (kind)
    on_collision(*kind, tlp, intent);
  else
    open_collision_.reset();
  if (first_tlp_ || tlp.latency > summary_->latency_max) summary_->latency_max = std::max(summary_->latency_max, tlp.latency);
  if (summary_->tlps == 1 || tlp.latency < summary_->latency_min) summary_->latency_min = tlp.latency;
  summary_->latency_sum = summary_->latency_sum + tlp.latency;
  first_tlp_ = false;
}

AccessRecord Recorder::record_of(const Tlp& tlp, const Intent& intent) const {
  return {time_, device_, source_, tlp.access, intent, tlp.landing, tlp.path, tlp.latency};
}

void Recorder::on_collision(CollisionKind kind, const Tlp& tlp, const Intent& intent) {
  collided_ = true;
  const std::uint64_t end = tlp.access.address.value() + tlp.access.size;
  if (open_collision_) {
    Collision& open = results_.collisions[*open_collision_];
    const bool same = open.kind == kind && open.example.landing.rule == tlp.landing.rule &&
                      open_end_ == tlp.access.address.value();
    if (same) {
      if (open_is_new_) open.example_size += tlp.access.size;
      open_end_ = end;
      return;
    }
  }
  ++results_.collisions_total;
  ++results_.collisions_by_kind[static_cast<std::size_t>(kind)];
  ++summary_->collisions;
  const Key key{device_, kind, tlp.access.address.aligned_down(page_4k).value(), tlp.landing.rule};
  const auto known = options_.unfold ? folded_.end() : folded_.find(key);
  open_is_new_ = known == folded_.end();
  if (open_is_new_) {
    Collision collision;
    collision.kind = kind;
    collision.first = time_;
    collision.example = record_of(tlp, intent);
    collision.example_size = tlp.access.size;
    collision.remedies = find_remedies(machine_, system_, collision.example, kind);
    if (!options_.unfold) folded_.emplace(key, results_.collisions.size());
    open_collision_ = results_.collisions.size();
    results_.collisions.push_back(std::move(collision));
  } else {
    open_collision_ = known->second;
  }
  Collision& collision = results_.collisions[*open_collision_];
  ++collision.count;
  collision.last = time_;
  open_end_ = end;
}

void Recorder::note_fault(const Tlp& tlp, const Intent& intent) {
  const FaultKey key{device_, tlp.landing.fault_reason, tlp.access.address.aligned_down(page_4k).value()};
  const auto [known, inserted] = fault_index_.emplace(key, results_.faults.size());
  if (inserted) results_.faults.push_back({0, time_, record_of(tlp, intent)});
  ++results_.faults[known->second].count;
}

void Recorder::note_interrupt(const Landing& landing) {
  const auto [known, inserted] = interrupt_index_.emplace(
      std::tuple{device_, landing.vector, landing.destination}, results_.interrupts.size());
  if (inserted) results_.interrupts.push_back({0, time_, device_, landing.vector, landing.destination});
  ++results_.interrupts[known->second].count;
}

void Recorder::end_access() {
  ++results_.accesses;
  results_.bytes += size_;
  ++results_.landed[static_cast<std::size_t>(landed_)];
  ++summary_->accesses;
  summary_->bytes += size_;
  ++summary_->landed[static_cast<std::size_t>(landed_)];
}

const Results& Recorder::finish(Duration simulated) {
  results_.simulated = simulated;
  results_.memory_digest = machine_.memory().digest();
  return results_;
}

}  // namespace iommusim::analysis
