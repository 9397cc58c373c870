// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/event_queue.h"

#include "base/endian.h"

namespace iommusim::smmuv3 {

QueueGeometry EventQueue::geometry() const {
  return {registers_.load<QueueBase>(RegisterId::eventq_base), config_.event_queue_bits, Event::bytes,
          config_.output_address_bits};
}

bool EventQueue::is_writable() const {
  return is_enabled() && !is_full() && !errors_.is_active<GlobalError::EVENTQ_ABT_ERR>();
}

bool EventQueue::record(const Event& event) {
  if (!is_writable()) {
    if (is_enabled() && is_full() && !event.stall) overflow();
    return false;
  }
  const Event::Words words = to_words(event);
  return is_like_last(event, words) || write(words);
}

/// The last record stands in the queue as long as software has not read all (7.3.1).
bool EventQueue::is_like_last(const Event& event, const Event::Words& words) const {
  if (!event.may_merge || event.stall || !has_last_ || words != last_) return false;
  return !geometry().is_empty(producer().raw(), consumer().raw());
}

/// OVFLG differs from OVACKFLG until software has seen it (7.4).
void EventQueue::overflow() {
  auto prod = producer();
  prod.set<OutputQueueProducer::OVFLG>(!consumer().get<OutputQueueConsumer::OVACKFLG>());
  registers_.store(RegisterId::eventq_prod, prod);
}

/// The record first, then PROD, then the interrupt: nobody sees one before the other (3.5.2).
bool EventQueue::write(const Event::Words& words) {
  const QueueGeometry queue = geometry();
  auto prod = producer();
  std::array<std::uint8_t, Event::bytes> bytes{};
  for (std::size_t i = 0; i < words.size(); ++i)
    store_le(&bytes[i * sizeof(std::uint64_t)], words[i]);
  if (!bus_.write(queue.address(prod.raw()), bytes.data(), bytes.size())) {
    errors_.raise<GlobalError::EVENTQ_ABT_ERR>();
    return false;
  }
  const bool was_empty = queue.is_empty(prod.raw(), consumer().raw());
  prod.set<OutputQueueProducer::WR>(queue.next(prod.raw()));
  registers_.store(RegisterId::eventq_prod, prod);
  last_ = words;
  has_last_ = true;
  if (was_empty && !interrupts_.raise(InterruptSource::event_queue)) errors_.raise<GlobalError::MSI_EVENTQ_ABT_ERR>();
  return true;
}

}  // namespace iommusim::smmuv3
