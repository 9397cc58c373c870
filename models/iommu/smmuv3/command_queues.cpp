// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/command_queues.h"

#include <algorithm>

namespace iommusim::smmuv3 {

CommandQueues::CommandQueues(const UnitConfig& config, const CommandCollaborators& unit)
    : pages_{config}, main_{unit.registers, unit.errors} {
  for (std::uint32_t i = 0; i < config.ecmdq; ++i)
    enhanced_.emplace_back(unit.registers, unit.errors);
  queues_.reserve(1 + enhanced_.size());
  queues_.emplace_back(config, main_, unit, sent_);
  for (EnhancedCommandQueue& registers : enhanced_)
    queues_.emplace_back(config, registers, unit, sent_);
  waiting_.reserve(queues_.size());
}

std::uint32_t CommandQueues::read(std::uint64_t offset) const {
  const auto place = pages_.place_of(offset);
  return place ? enhanced_[place->queue].read(place->part) : pages_.describe(offset);
}

std::uint64_t CommandQueues::write(std::uint64_t offset, std::uint32_t data) {
  const auto place = pages_.place_of(offset);
  if (!place) return 0;
  enhanced_[place->queue].write(place->part, data);
  return run(main_queue + 1 + place->queue);
}

std::uint64_t CommandQueues::complete(RequesterId device, std::uint32_t tag_vector) {
  if (!sent_.complete(device, tag_vector)) return 0;
  for (CommandQueue& queue : queues_)
    queue.complete(tag_vector);
  return run_all();
}

std::uint64_t CommandQueues::time_out() {
  if (!sent_.any()) return 0;
  sent_.abandon();
  for (CommandQueue& queue : queues_)
    queue.time_out();
  return run_all();
}

std::uint64_t CommandQueues::run(std::size_t queue) {
  wake(queue);
  return drain();
}

std::uint64_t CommandQueues::run_all() {
  for (std::size_t i = 0; i < queues_.size(); ++i)
    wake(i);
  return drain();
}

void CommandQueues::wake(std::size_t queue) {
  const bool is_waiting = std::find(waiting_.begin(), waiting_.end(), queue) != waiting_.end();
  if (!is_waiting && queues_[queue].is_runnable()) waiting_.push_back(queue);
}

/// Ends: a queue is woken again by commands only, of which there is a limit in each round.
std::uint64_t CommandQueues::drain() {
  if (is_running_) return 0;
  is_running_ = true;
  ++round_;
  std::uint64_t consumed = 0;
  while (!waiting_.empty()) {
    const std::size_t next = waiting_.front();
    waiting_.erase(waiting_.begin());
    consumed += queues_[next].process(round_);
  }
  is_running_ = false;
  return consumed;
}

}  // namespace iommusim::smmuv3
