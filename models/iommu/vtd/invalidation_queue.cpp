// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/invalidation_queue.h"

#include "base/endian.h"
#include "iommu/vtd/register_invalidation.h"

#include <array>

namespace iommusim::vtd {
namespace {

constexpr std::uint64_t descriptor_size = InvalidationDescriptor::bytes;

bool fetch(const memory::PhysicalBus& bus, PhysAddr address, InvalidationDescriptor& descriptor) {
  std::array<std::uint8_t, descriptor_size> bytes{};
  if (!bus.read(address, bytes.data(), bytes.size())) return false;
  descriptor = InvalidationDescriptor{
      {load_le<std::uint64_t>(bytes.data()), load_le<std::uint64_t>(bytes.data() + sizeof(std::uint64_t))}};
  return true;
}

}  // namespace

std::uint64_t InvalidationQueue::process() {
  if (is_processing_) return 0;
  is_processing_ = true;
  std::uint64_t executed = 0;
  for (std::uint64_t left = size() / descriptor_size; left > 0 && is_runnable(); --left) {
    if (!process_next()) break;
    ++executed;
  }
  is_processing_ = false;
  return executed;
}

void InvalidationQueue::reset_head() {
  unit_.registers.store(RegisterId::iqh, InvalidationQueueHead{});
}

bool InvalidationQueue::is_runnable() const {
  const bool enabled = unit_.registers.load<GlobalStatus>(RegisterId::gsts).get<GlobalStatus::QIES>();
  const auto tail = unit_.registers.load<InvalidationQueueTail>(RegisterId::iqt).raw();
  return enabled && !unit_.faults.has_queue_error() && head() != tail;
}

/// False: the queue stopped at this descriptor.
bool InvalidationQueue::process_next() {
  if (unit_.registers.load<InvalidationQueueTail>(RegisterId::iqt).raw() >= size())
    return stop(QueueError::invalid_tail);
  const auto queue = unit_.registers.load<InvalidationQueueAddress>(RegisterId::iqa);
  InvalidationDescriptor descriptor;
  if (!fetch(unit_.bus, PhysAddr{(queue.raw() & InvalidationQueueAddress::IQA::mask) + head()}, descriptor))
    return stop(QueueError::fetch_error);
  const QueueError error = check_and_execute(descriptor);
  return error == QueueError::none || stop(error);
}

QueueError InvalidationQueue::check_and_execute(const InvalidationDescriptor& descriptor) {
  switch (descriptor.type()) {
    case DescriptorType::context_cache: return invalidate_contexts(ContextCacheDescriptor{descriptor});
    case DescriptorType::iotlb: return invalidate_iotlb(IotlbDescriptor{descriptor});
    case DescriptorType::interrupt_entry_cache:
      if (!config_.interrupt_remapping) return QueueError::invalid_type;
      return invalidate_interrupt_entries(InterruptEntryCacheDescriptor{descriptor});
    case DescriptorType::wait: return wait(WaitDescriptor{descriptor});
  }
  return QueueError::invalid_type;
}

QueueError InvalidationQueue::invalidate_contexts(const ContextCacheDescriptor& descriptor) {
  const ContextInvalidation request = descriptor.request();
  if (descriptor.has_reserved_bits() || request.granularity == ContextGranularity::reserved)
    return QueueError::reserved_field;
  advance_head();
  unit_.caches.invalidate(request);
  return QueueError::none;
}

QueueError InvalidationQueue::invalidate_iotlb(const IotlbDescriptor& descriptor) {
  const IotlbInvalidation request = descriptor.request();
  if (descriptor.has_reserved_bits() || !is_legal(request, config_)) return QueueError::reserved_field;
  advance_head();
  unit_.caches.invalidate(request);
  return QueueError::none;
}

/// IM above ECAP.MHMV is an error of software that may cost more entries than it names: here it costs what it says.
QueueError InvalidationQueue::invalidate_interrupt_entries(const InterruptEntryCacheDescriptor& descriptor) {
  if (descriptor.has_reserved_bits()) return QueueError::reserved_field;
  advance_head();
  unit_.caches.interrupt_entries.invalidate(descriptor.request());
  return QueueError::none;
}

/// Everything before has completed, because descriptors are executed one by one; so FN asks for nothing more.
QueueError InvalidationQueue::wait(const WaitDescriptor& descriptor) {
  if (descriptor.has_reserved_bits()) return QueueError::reserved_field;
  advance_head();
  if (descriptor.get<WaitDescriptor::SW>()) {
    std::array<std::uint8_t, sizeof(std::uint32_t)> bytes{};
    store_le(bytes.data(), descriptor.get<WaitDescriptor::STDATA>());
    // The architecture reports no error for a status address that nobody answers.
    unit_.bus.write(descriptor.status_address(), bytes.data(), bytes.size());
  }
  if (descriptor.get<WaitDescriptor::IF>()) complete_with_interrupt();
  return QueueError::none;
}

void InvalidationQueue::complete_with_interrupt() {
  auto status = unit_.registers.load<InvalidationCompletionStatus>(RegisterId::ics);
  if (status.get<InvalidationCompletionStatus::IWC>()) return;
  status.set<InvalidationCompletionStatus::IWC>(true);
  unit_.registers.store(RegisterId::ics, status);
  unit_.completion_event.raise();
}

bool InvalidationQueue::stop(QueueError error) {
  auto record = unit_.registers.load<InvalidationQueueErrorRecord>(RegisterId::iqercd);
  record.set<InvalidationQueueErrorRecord::IQEI>(error);
  unit_.registers.store(RegisterId::iqercd, record);
  unit_.faults.raise_queue_error();
  return false;
}

/// Bytes: 4 KiB << IQA.QS.
std::uint64_t InvalidationQueue::size() const {
  const auto queue = unit_.registers.load<InvalidationQueueAddress>(RegisterId::iqa);
  return page_4k << queue.get<InvalidationQueueAddress::QS>();
}

/// Software that shrinks a running queue must not lead the unit outside of it.
std::uint64_t InvalidationQueue::head() const {
  return unit_.registers.load<InvalidationQueueHead>(RegisterId::iqh).raw() & (size() - 1);
}

/// Before the descriptor takes effect: what it tells software or the bus may come back as a register write.
void InvalidationQueue::advance_head() {
  unit_.registers.store(RegisterId::iqh, InvalidationQueueHead{(head() + descriptor_size) & (size() - 1)});
}

}  // namespace iommusim::vtd
