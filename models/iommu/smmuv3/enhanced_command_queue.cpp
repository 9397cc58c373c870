// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/enhanced_command_queue.h"

namespace iommusim::smmuv3 {
namespace {

constexpr unsigned dword_bits = 32;
constexpr std::uint64_t dword_mask = 0xFFFF'FFFF;
constexpr std::uint64_t base_bits = QueueBase::Allocate::mask | QueueBase::ADDR::mask | QueueBase::LOG2SIZE::mask;
constexpr std::uint64_t producer_bits =
    EnhancedQueueProducer::EN::mask | EnhancedQueueProducer::ERRACK::mask | EnhancedQueueProducer::WR::mask;
/// ENACK is the unit's alone.
constexpr std::uint64_t consumer_bits =
    EnhancedQueueConsumer::ERR_REASON::mask | EnhancedQueueConsumer::ERR::mask | EnhancedQueueConsumer::RD::mask;

}  // namespace

std::uint32_t EnhancedCommandQueue::read(Part part) const {
  switch (part) {
    case Part::base_low: return static_cast<std::uint32_t>(base_.raw());
    case Part::base_high: return static_cast<std::uint32_t>(base_.raw() >> dword_bits);
    case Part::producer: return static_cast<std::uint32_t>(producer_.raw());
    case Part::consumer: break;
  }
  return static_cast<std::uint32_t>(consumer_.raw());
}

void EnhancedCommandQueue::write(Part part, std::uint32_t data) {
  switch (part) {
    case Part::base_low: return write_base(0, data);
    case Part::base_high: return write_base(dword_bits, data);
    case Part::producer: return write_producer(data);
    case Part::consumer: return write_consumer(data);
  }
}

void EnhancedCommandQueue::write_base(unsigned shift, std::uint32_t data) {
  if (is_enabled()) return;
  const std::uint64_t written = dword_mask << shift;
  base_ = QueueBase{(base_.raw() & ~written) | ((std::uint64_t{data} << shift) & base_bits)};
}

void EnhancedCommandQueue::write_producer(std::uint32_t data) {
  producer_ = EnhancedQueueProducer{data & producer_bits};
  const bool enabled = producer_.get<EnhancedQueueProducer::EN>();
  if (enabled == is_enabled()) return;
  consumer_.set<EnhancedQueueConsumer::ENACK>(enabled);
  registers_.count_enhanced_queue(enabled);
}

void EnhancedCommandQueue::write_consumer(std::uint32_t data) {
  if (!is_enabled()) consumer_ = EnhancedQueueConsumer{data & consumer_bits};
}

/// An error of the main queue does not count here (3.5.6.3).
bool EnhancedCommandQueue::may_consume() const {
  return is_enabled() && producer_.get<EnhancedQueueProducer::ERRACK>() == consumer_.get<EnhancedQueueConsumer::ERR>();
}

void EnhancedCommandQueue::report(CommandError error) {
  consumer_.set<EnhancedQueueConsumer::ERR_REASON>(error);
  consumer_.set<EnhancedQueueConsumer::ERR>(!consumer_.get<EnhancedQueueConsumer::ERR>());
  errors_.raise<GlobalError::CMDQP_ERR>();
}

}  // namespace iommusim::smmuv3
