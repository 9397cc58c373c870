// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/invalidation_queue.h"

#include "base/endian.h"
#include "iommu/vtd/register_invalidation.h"

#include <array>

namespace iommusim::vtd {

std::uint64_t InvalidationQueue::process() {
  if (is_processing_) return 0;
  is_processing_ = true;
  std::uint64_t executed = 0;
  for (std::uint64_t left = size() / descriptor_size(); left > 0 && is_runnable(); --left) {
    if (!process_next()) break;
    finish_waits();
    ++executed;
  }
  is_processing_ = false;
  return executed;
}

void InvalidationQueue::reset_head() {
  unit_.registers.store(RegisterId::iqh, InvalidationQueueHead{});
  sent_.abandon();
  waits_.clear();
}

bool InvalidationQueue::is_runnable() const {
  const bool enabled = unit_.registers.load<GlobalStatus>(RegisterId::gsts).get<GlobalStatus::QIES>();
  const auto tail = unit_.registers.load<InvalidationQueueTail>(RegisterId::iqt).raw();
  const bool fenced = !waits_.empty() && waits_.back().descriptor.get<WaitDescriptor::FN>();
  return enabled && !unit_.faults.stops_queue() && !fenced && head() != tail;
}

/// False: the queue stopped at this descriptor, or has no room for it yet.
bool InvalidationQueue::process_next() {
  if (const QueueError error = check_registers(); error != QueueError::none) return stop(error);
  InvalidationDescriptor descriptor;
  if (!fetch(descriptor)) return stop(QueueError::fetch_error);
  if (!has_room_for(descriptor)) return false;
  const QueueError error = check_and_execute(descriptor);
  return error == QueueError::none || stop(error);
}

/// IQT, RTADDR and IQA (11.4.9.9).
QueueError InvalidationQueue::check_registers() const {
  const std::uint64_t tail = unit_.registers.load<InvalidationQueueTail>(RegisterId::iqt).raw();
  if (tail >= size()) return QueueError::invalid_tail;
  if (tail % descriptor_size() != 0) return QueueError::misaligned_tail;
  if (!has_supported_table_mode()) return QueueError::invalid_table_mode;
  const bool needs_wide = unit_.remapping.table_mode != TableMode::legacy;
  return needs_wide && !is_wide() ? QueueError::invalid_width : QueueError::none;
}

bool InvalidationQueue::has_supported_table_mode() const {
  switch (unit_.remapping.table_mode) {
    case TableMode::legacy: return true;
    case TableMode::scalable: return config_.scalable_mode;
    case TableMode::abort_dma: return config_.abort_dma_mode;
    case TableMode::reserved: break;
  }
  return false;
}

bool InvalidationQueue::fetch(InvalidationDescriptor& descriptor) const {
  const auto queue = unit_.registers.load<InvalidationQueueAddress>(RegisterId::iqa);
  const PhysAddr address{(queue.raw() & InvalidationQueueAddress::IQA::mask) + head()};
  std::array<std::uint8_t, InvalidationDescriptor::bytes> bytes{};
  if (!unit_.bus.read(address, bytes.data(), descriptor_size())) return false;
  for (std::size_t i = 0; i < InvalidationDescriptor::words; ++i)
    descriptor.set_word(i, load_le<std::uint64_t>(&bytes[i * sizeof(std::uint64_t)]));
  return true;
}

bool InvalidationQueue::has_room_for(const InvalidationDescriptor& descriptor) const {
  switch (descriptor.type()) {
    case DescriptorType::device_tlb:
    case DescriptorType::pasid_device_tlb: return sent_.has_free_tag();
    case DescriptorType::wait: return waits_.size() < most_pending_waits;
    default: return true;
  }
}

QueueError InvalidationQueue::check_and_execute(const InvalidationDescriptor& descriptor) {
  switch (descriptor.type()) {
    case DescriptorType::context_cache: return invalidate_contexts(ContextCacheDescriptor{descriptor});
    case DescriptorType::iotlb: return invalidate_iotlb(IotlbDescriptor{descriptor});
    case DescriptorType::interrupt_entry_cache:
      if (!config_.interrupt_remapping) return QueueError::invalid_type;
      return invalidate_interrupt_entries(InterruptEntryCacheDescriptor{descriptor});
    case DescriptorType::wait: return wait(WaitDescriptor{descriptor});
    case DescriptorType::device_tlb: {
      const DeviceTlbDescriptor device{descriptor};
      if (!config_.device_tlb) return QueueError::invalid_type;
      if (device.has_reserved_bits(config_.device_tlb_throttling)) return QueueError::reserved_field;
      return invalidate_device_tlb(device.request());
    }
    case DescriptorType::pasid_iotlb:
    case DescriptorType::pasid_cache:
    case DescriptorType::pasid_device_tlb:
    case DescriptorType::page_group_response:
      // Table 26: in 256 bits only, and not in legacy mode.
      return is_wide() && unit_.remapping.table_mode != TableMode::legacy ? execute_wide(descriptor)
                                                                          : QueueError::invalid_type;
  }
  return QueueError::invalid_type;
}

/// What only 256-bit queues carry.
QueueError InvalidationQueue::execute_wide(const InvalidationDescriptor& descriptor) {
  switch (descriptor.type()) {
    case DescriptorType::page_group_response: return respond(PageGroupResponseDescriptor{descriptor});
    case DescriptorType::pasid_iotlb: return invalidate(PasidIotlbDescriptor{descriptor});
    case DescriptorType::pasid_cache: return invalidate(PasidCacheDescriptor{descriptor});
    default: break;
  }
  const PasidDeviceTlbDescriptor device{descriptor};
  if (!config_.device_tlb) return QueueError::invalid_type;
  if (device.has_reserved_bits(config_.device_tlb_throttling)) return QueueError::reserved_field;
  return invalidate_device_tlb(device.request());
}

QueueError InvalidationQueue::invalidate_contexts(const ContextCacheDescriptor& descriptor) {
  const ContextInvalidation request = descriptor.request();
  if (descriptor.has_reserved_bits() || request.granularity == ContextGranularity::reserved)
    return QueueError::reserved_field;
  advance_head();
  unit_.caches.invalidate(with_known_bits(request, config_));
  return QueueError::none;
}

QueueError InvalidationQueue::invalidate_iotlb(const IotlbDescriptor& descriptor) {
  const IotlbInvalidation request = descriptor.request();
  if (descriptor.has_reserved_bits() || !is_legal(request, config_)) return QueueError::reserved_field;
  advance_head();
  unit_.caches.invalidate(with_known_bits(request, config_));
  return QueueError::none;
}

/// IM above ECAP.MHMV is an error of software that may cost more entries than it names: here it costs what it says.
QueueError InvalidationQueue::invalidate_interrupt_entries(const InterruptEntryCacheDescriptor& descriptor) {
  if (descriptor.has_reserved_bits()) return QueueError::reserved_field;
  advance_head();
  unit_.caches.interrupt_entries.invalidate(descriptor.request());
  return QueueError::none;
}

/// pc_inv_dsc and p_iotlb_inv_dsc.
template <class Descriptor>
QueueError InvalidationQueue::invalidate(const Descriptor& descriptor) {
  if (!config_.scalable_mode) return QueueError::invalid_type;
  if (descriptor.has_reserved_bits()) return QueueError::reserved_field;
  advance_head();
  unit_.caches.invalidate(with_known_bits(descriptor.request(), config_));
  return QueueError::none;
}

/// The device completes it when it has forgotten, and finished what used the old translation.
QueueError InvalidationQueue::invalidate_device_tlb(const iommu::DeviceTlbInvalidation& request) {
  advance_head();
  const unsigned tag = sent_.begin(request.target);
  if (unit_.device_invalidations) unit_.device_invalidations(request, tag);
  return QueueError::none;
}

QueueError InvalidationQueue::respond(const PageGroupResponseDescriptor& descriptor) {
  if (!config_.page_requests) return QueueError::invalid_type;
  if (descriptor.has_reserved_bits()) return QueueError::reserved_field;
  advance_head();
  if (unit_.page_responses) unit_.page_responses(descriptor.response());
  return QueueError::none;
}

QueueError InvalidationQueue::wait(const WaitDescriptor& descriptor) {
  if (descriptor.has_reserved_bits(config_.page_request_drain)) return QueueError::reserved_field;
  advance_head();
  waits_.push_back({descriptor, sent_.mark()});
  return QueueError::none;
}

/// A wait is done when all descriptors before it are: the others are executed one by one, devices take their time. PD
/// asks for nothing more, because the unit puts a page request into its queue as soon as it comes.
void InvalidationQueue::finish_waits() {
  while (!waits_.empty() && sent_.done_before(waits_.front().mark)) {
    const WaitDescriptor descriptor = waits_.front().descriptor;
    waits_.pop_front();
    finish(descriptor);
  }
}

void InvalidationQueue::finish(const WaitDescriptor& descriptor) {
  if (descriptor.get<WaitDescriptor::SW>()) {
    std::array<std::uint8_t, sizeof(std::uint32_t)> bytes{};
    store_le(bytes.data(), descriptor.get<WaitDescriptor::STDATA>());
    // The architecture reports no error for a status address that nobody answers.
    const std::uint64_t host_bits = (std::uint64_t{1} << config_.host_address_width) - 1;
    unit_.bus.write(PhysAddr{descriptor.status_address().value() & host_bits}, bytes.data(), bytes.size());
  }
  if (descriptor.get<WaitDescriptor::IF>()) complete_with_interrupt();
}

/// The first error stands until software has cleared its bit (11.4.9.9).
template <class Condition, class Source>
void InvalidationQueue::note_source(RequesterId device) {
  if (unit_.registers.load<FaultStatus>(RegisterId::fsts).get<Condition>()) return;
  auto record = unit_.registers.load<InvalidationQueueErrorRecord>(RegisterId::iqercd);
  record.set<Source>(device.raw());
  unit_.registers.store(RegisterId::iqercd, record);
}

std::uint64_t InvalidationQueue::complete(RequesterId device, std::uint32_t tag_vector) {
  if (!sent_.complete(device, tag_vector)) {
    note_source<FaultStatus::ICE, InvalidationQueueErrorRecord::ICESID>(device);
    unit_.faults.raise_completion_error();
    return 0;
  }
  if (is_processing_) return 0;
  is_processing_ = true;
  finish_waits();
  is_processing_ = false;
  return process();
}

/// Waits behind what timed out never complete: software sees ITE and asks again (6.5.2.10).
void InvalidationQueue::time_out() {
  if (!sent_.any()) return;
  note_source<FaultStatus::ITE, InvalidationQueueErrorRecord::ITESID>(sent_.oldest());
  sent_.abandon();
  waits_.clear();
  unit_.faults.raise_completion_timeout();
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

/// IQA.DW, which is read-only zero where the unit has no wide descriptors.
bool InvalidationQueue::is_wide() const {
  return unit_.registers.load<InvalidationQueueAddress>(RegisterId::iqa).get<InvalidationQueueAddress::DW>();
}

std::uint64_t InvalidationQueue::descriptor_size() const {
  return is_wide() ? InvalidationDescriptor::wide_bytes : InvalidationDescriptor::narrow_bytes;
}

/// Bytes: 4 KiB << IQA.QS.
std::uint64_t InvalidationQueue::size() const {
  const auto queue = unit_.registers.load<InvalidationQueueAddress>(RegisterId::iqa);
  return page_4k << queue.get<InvalidationQueueAddress::QS>();
}

/// Software that shrinks a running queue, or widens its descriptors, must not lead the unit outside of it.
std::uint64_t InvalidationQueue::head() const {
  const std::uint64_t head = unit_.registers.load<InvalidationQueueHead>(RegisterId::iqh).raw();
  return head & (size() - 1) & ~(descriptor_size() - 1);
}

/// Before the descriptor takes effect: what it tells software or the bus may come back as a register write.
void InvalidationQueue::advance_head() {
  unit_.registers.store(RegisterId::iqh, InvalidationQueueHead{(head() + descriptor_size()) & (size() - 1)});
}

}  // namespace iommusim::vtd
