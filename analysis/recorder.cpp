// SPDX-License-Identifier: Apache-2.0
#include "analysis/recorder.h"

#include "analysis/posting_statistics.h"
#include "pcie/link_timing.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace iommusim::analysis {
namespace {

constexpr std::uint64_t fnv_prime = 0x100'0000'01B3;

std::size_t mix(std::size_t hash, std::uint64_t value) {
  return (hash ^ static_cast<std::size_t>(value)) * std::size_t{0x9E37'79B9'7F4A'7C15};
}

std::string_view firmware_operation_name(Operation operation) {
  switch (operation) {
    case Operation::read: return "firmware-read";
    case Operation::write: return "firmware-write";
    case Operation::atomic: return "firmware-atomic";
  }
  return "?";
}

}  // namespace

std::string_view operation_name(AccessSource source, Operation operation) {
  switch (source) {
    case AccessSource::dma: return to_string(operation);
    case AccessSource::firmware: return firmware_operation_name(operation);
    case AccessSource::msi: return "msi";
    case AccessSource::raw_write: return "raw-write";
  }
  return "?";
}

std::size_t Recorder::KeyHash::operator()(const Key& key) const {
  const auto rule = std::hash<const Rule*>{}(key.rule);
  const auto what = static_cast<std::uint64_t>(key.kind) << 1 | static_cast<std::uint64_t>(key.is_of_firmware);
  return mix(mix(mix(pcie::index_of(key.device), what), key.page), rule);
}

std::size_t Recorder::FaultKeyHash::operator()(const FaultKey& key) const {
  return mix(mix(pcie::index_of(key.device), key.reason), key.page);
}

Recorder::Recorder(platforms::Machine& machine, const platforms::OperatingSystem& system,
                   const RecorderOptions& options)
    : machine_{machine}, system_{system}, intents_{machine, system}, judge_{machine, system}, options_{options} {
  for (const platforms::Device& device : machine.devices())
    results_.devices[device.node];
}

void Recorder::begin_access(pcie::NodeIndex device, AccessSource source, Duration time, std::uint64_t size) {
  // Most accesses are of the device that the last one was of.
  if (summary_ == nullptr || device != device_) summary_ = &results_.devices[device];
  device_ = device;
  source_ = source;
  time_ = time;
  size_ = size;
  first_tlp_ = true;
  collided_ = false;
  open_collision_.reset();
}

Intent Recorder::intent_of(const Tlp& tlp) const {
  switch (source_) {
    case AccessSource::dma: return intents_.of_dma(device_, tlp.access.address);
    case AccessSource::firmware: return intents_.of_firmware(device_, tlp.access.address);
    case AccessSource::msi: return intents_.of_msi(device_, tlp.msi_index);
    case AccessSource::raw_write: return intents_.of_raw_write(device_, {tlp.access.address, tlp.message_data});
  }
  return {};
}

void Recorder::on_tlp(const Tlp& tlp) {
  if (options_.landings != nullptr) options_.landings->on_landing(device_, tlp.access, tlp.landing);
  const Intent intent = intent_of(tlp);
  const auto kind = judge_.verdict(device_, tlp.access, intent, tlp.landing);
  count_tlp(tlp);
  if (first_tlp_ || (kind && !collided_)) landed_ = tlp.landing.kind;
  first_tlp_ = false;
  if (tlp.landing.kind == LandingKind::iommu_fault) note_fault(tlp, intent);
  if (tlp.landing.kind == LandingKind::interrupt) note_interrupt(tlp.landing);
  if (kind) on_collision(*kind, tlp, intent);
}

void Recorder::count_tlp(const Tlp& tlp) {
  DeviceSummary& device = *summary_;
  ++device.tlps;
  device.link_bytes += pcie::request_bytes(tlp.access);
}

AccessRecord Recorder::record_of(const Tlp& tlp, const Intent& intent) const {
  return {time_, device_, source_, tlp.access, intent, tlp.landing, tlp.path};
}

void Recorder::on_collision(CollisionKind kind, const Tlp& tlp, const Intent& intent) {
  collided_ = true;
  if (extends_open_collision(kind, tlp)) return;
  ++results_.collisions_total;
  ++results_.collisions_by_kind[static_cast<std::size_t>(kind)];
  ++summary_->collisions;
  const std::size_t known = results_.collisions.size();
  const std::size_t index = collision_for(kind, tlp, intent);
  Collision& collision = results_.collisions[index];
  ++collision.count;
  collision.last = time_;
  open_collision_ = OpenCollision{index, index == known, tlp.access.address + tlp.access.size};
}

bool Recorder::extends_open_collision(CollisionKind kind, const Tlp& tlp) {
  if (!open_collision_ || open_collision_->end != tlp.access.address) return false;
  Collision& collision = results_.collisions[open_collision_->index];
  if (collision.kind != kind || collision.example.landing.decided_by != tlp.landing.decided_by) return false;
  if (open_collision_->is_example) collision.example_size += tlp.access.size;
  open_collision_->end += tlp.access.size;
  return true;
}

/// The collision into which this one is folded, by index; a new one when there is none.
std::size_t Recorder::collision_for(CollisionKind kind, const Tlp& tlp, const Intent& intent) {
  const std::size_t next = results_.collisions.size();
  if (!options_.unfold) {
    const Key key{device_, kind, tlp.access.address.aligned_down(page_4k).value(), tlp.landing.rule,
                  source_ == AccessSource::firmware};
    const auto [folded, is_new] = folded_.emplace(key, next);
    if (!is_new) return folded->second;
  }
  Collision collision;
  collision.kind = kind;
  collision.first = time_;
  collision.example = record_of(tlp, intent);
  collision.example_size = tlp.access.size;
  collision.remedies = find_remedies(machine_, system_, collision.example, kind);
  results_.collisions.push_back(std::move(collision));
  return next;
}

void Recorder::note_fault(const Tlp& tlp, const Intent& intent) {
  const FaultKey key{device_, tlp.landing.fault_reason, tlp.access.address.aligned_down(page_4k).value()};
  const auto [known, inserted] = fault_index_.emplace(key, results_.faults.size());
  if (inserted) results_.faults.push_back({0, time_, record_of(tlp, intent)});
  ++results_.faults[known->second].count;
}

void Recorder::note_interrupt(const Landing& landing) {
  const auto [known, inserted] =
      interrupt_index_.emplace(std::tuple{device_, landing.vector, landing.destination}, results_.interrupts.size());
  if (inserted) results_.interrupts.push_back({0, time_, device_, landing.vector, landing.destination, landing.where});
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

void Recorder::take_times(const timing::Network& network, const timing::Clock& clock, Duration end) {
  results_.statistics = timing::collect(network, clock, clock.counted_since(), end);
  timing::StatisticGroup posting = posting_statistics(machine_);
  if (!posting.groups.empty()) results_.statistics.groups.push_back(std::move(posting));
  for (auto& [node, device] : results_.devices) {
    const timing::FunctionStatistics& function = clock.function(pcie::index_of(node));
    device.reads = function.reads;
    device.writes = function.writes;
  }
}

const Results& Recorder::finish(Duration simulated) {
  results_.simulated = simulated;
  results_.memory_digest = machine_.memory().digest();
  for (const platforms::Device& device : machine_.devices())
    results_.memory_digest = (results_.memory_digest * fnv_prime) ^ device.bars->digest();
  return results_;
}

}  // namespace iommusim::analysis
