// SPDX-License-Identifier: Apache-2.0
#include "software/queued_invalidation.h"

namespace iommusim::software {

using vtd::Capability;
using vtd::ContextCacheDescriptor;
using vtd::DescriptorType;
using vtd::DeviceTlbDescriptor;
using vtd::FaultStatus;
using vtd::GlobalCommand;
using vtd::GlobalStatus;
using vtd::InvalidationDescriptor;
using vtd::InvalidationQueueAddress;
using vtd::InvalidationQueueHead;
using vtd::InvalidationQueueTail;
using vtd::IotlbDescriptor;
using vtd::PageGroupResponseDescriptor;
using vtd::PasidCacheDescriptor;
using vtd::RegisterId;
using vtd::WaitDescriptor;

namespace {

/// What the driver and then the unit leave in the status word.
constexpr std::uint32_t status_pending = 1;
constexpr std::uint32_t status_done = 2;

InvalidationDescriptor descriptor_of(DescriptorType type) {
  InvalidationDescriptor descriptor;
  descriptor.set<InvalidationDescriptor::TypeLow>(static_cast<std::uint64_t>(type));
  return descriptor;
}

}  // namespace

QueuedInvalidation::QueuedInvalidation(RemappingRegisters& registers, PageAllocator& pages)
    : registers_{registers}, queue_{pages.allocate()}, status_{pages.allocate()} {}

void QueuedInvalidation::start() {
  if (registers_.read<GlobalStatus>(RegisterId::gsts).get<GlobalStatus::QIES>()) stop();
  // The tail alone is stored as a doubleword, as Linux does.
  registers_.bus().store32(registers_.address_of(RegisterId::iqt), 0);
  tail_ = 0;
  InvalidationQueueAddress address;
  address.set<InvalidationQueueAddress::IQA>(queue_.value() / page_4k);
  address.set<InvalidationQueueAddress::DW>(width() == InvalidationDescriptor::wide_bytes);
  registers_.write(RegisterId::iqa, address);
  registers_.command<GlobalCommand::QIE, GlobalStatus::QIES>(true, "start its invalidation queue");
}

bool QueuedInvalidation::submit(const vtd::ContextInvalidation& request) {
  ContextCacheDescriptor descriptor{descriptor_of(DescriptorType::context_cache)};
  descriptor.set<ContextCacheDescriptor::G>(request.granularity);
  descriptor.set<ContextCacheDescriptor::DID>(request.domain);
  descriptor.set<ContextCacheDescriptor::SID>(request.source.raw());
  descriptor.set<ContextCacheDescriptor::FM>(request.function_mask);
  return execute(descriptor);
}

// IH stays 0: tables may have been unlinked, not leaves alone.
bool QueuedInvalidation::submit(const vtd::IotlbInvalidation& request) {
  IotlbDescriptor descriptor{descriptor_of(DescriptorType::iotlb)};
  descriptor.set<IotlbDescriptor::G>(request.granularity);
  descriptor.set<IotlbDescriptor::DID>(request.domain);
  descriptor.set<IotlbDescriptor::DR>(registers_.capability().get<Capability::DRD>());
  descriptor.set<IotlbDescriptor::DW>(registers_.capability().get<Capability::DWD>());
  if (request.granularity == vtd::IotlbGranularity::page) {
    descriptor.set<IotlbDescriptor::ADDR>(request.address.value() / page_4k);
    descriptor.set<IotlbDescriptor::AM>(request.address_mask);
  }
  return execute(descriptor);
}

bool QueuedInvalidation::submit(const iommu::DeviceTlbInvalidation& request) {
  DeviceTlbDescriptor descriptor{descriptor_of(DescriptorType::device_tlb)};
  descriptor.set<DeviceTlbDescriptor::SID>(request.target.raw());
  const std::uint64_t last_offset = request.block.last - request.block.first;
  descriptor.set<DeviceTlbDescriptor::S>(last_offset >= page_4k);
  // All below the highest bit of the block's size are ones, from bit 12 on.
  descriptor.set<DeviceTlbDescriptor::ADDR>((request.block.first.value() | last_offset >> 1) / page_4k);
  return execute(descriptor);
}

bool QueuedInvalidation::submit(const vtd::PasidCacheInvalidation& request) {
  PasidCacheDescriptor descriptor{descriptor_of(DescriptorType::pasid_cache)};
  descriptor.set<PasidCacheDescriptor::G>(request.granularity);
  descriptor.set<PasidCacheDescriptor::DID>(request.domain);
  descriptor.set<PasidCacheDescriptor::PASID>(request.pasid.value());
  return execute(descriptor);
}

bool QueuedInvalidation::submit(const iommu::PageGroupResponse& response) {
  PageGroupResponseDescriptor descriptor{descriptor_of(DescriptorType::page_group_response)};
  descriptor.set<PageGroupResponseDescriptor::RID>(response.target.raw());
  descriptor.set<PageGroupResponseDescriptor::PP>(response.pasid.has_value());
  if (response.pasid) descriptor.set<PageGroupResponseDescriptor::PASID>(response.pasid->value());
  descriptor.set<PageGroupResponseDescriptor::PRGI>(response.group);
  descriptor.set<PageGroupResponseDescriptor::RC>(response.code);
  return execute(descriptor);
}

bool QueuedInvalidation::execute(const InvalidationDescriptor& descriptor) {
  const unsigned request = tail_;
  const unsigned wait = (tail_ + 1) % slots();
  write(request, descriptor);
  write(wait, wait_descriptor());
  tail_ = (tail_ + 2) % slots();
  registers_.bus().store32(status_, status_pending);
  registers_.bus().store32(registers_.address_of(RegisterId::iqt), static_cast<std::uint32_t>(tail_ * width()));
  bool refused = false;
  bool disturbed = false;
  const bool answered = registers_.wait([&] {
    const FaultStatus found = errors();
    if (found.get<FaultStatus::ITE>()) {
      // The waits behind it are given up by the unit, too (6.5.2.10).
      clear(found);
      refused = true;
    } else if (found.get<FaultStatus::IQE>()) {
      const unsigned slot = pass_head();
      refused = refused || slot == request || slot == wait;
      disturbed = true;
    }
    if (refused) return true;
    // An older wait descriptor in a queue that wrapped onto what it held before writes the status word, too.
    return registers_.bus().load32(status_) == status_done && (!disturbed || head() == tail_);
  });
  return answered && !refused;
}

void QueuedInvalidation::write(unsigned slot, const InvalidationDescriptor& descriptor) {
  for (std::size_t i = 0; i < width() / 8; ++i)
    registers_.bus().store64(queue_ + slot * width() + 8 * i, descriptor.word(i));
}

/// Bytes of a descriptor.
std::uint64_t QueuedInvalidation::width() const {
  const bool wide = registers_.extended_capability().get<vtd::ExtendedCapability::SMTS>();
  return wide ? InvalidationDescriptor::wide_bytes : InvalidationDescriptor::narrow_bytes;
}

InvalidationDescriptor QueuedInvalidation::wait_descriptor() const {
  WaitDescriptor descriptor{descriptor_of(DescriptorType::wait)};
  descriptor.set<WaitDescriptor::SW>(true);
  descriptor.set<WaitDescriptor::STDATA>(status_done);
  descriptor.set<WaitDescriptor::STADDR>(status_.value() / 4);
  return descriptor;
}

void QueuedInvalidation::stop() {
  registers_.poll("empty its invalidation queue", [&] {
    return registers_.read<InvalidationQueueHead>(RegisterId::iqh).get<InvalidationQueueHead::QH>() ==
           registers_.read<InvalidationQueueTail>(RegisterId::iqt).get<InvalidationQueueTail::QT>();
  });
  registers_.command<GlobalCommand::QIE, GlobalStatus::QIES>(false, "stop its invalidation queue");
}

FaultStatus QueuedInvalidation::errors() const {
  return registers_.read<FaultStatus>(RegisterId::fsts);
}

/// Of the bits that say what happened to the queue, those that are set.
void QueuedInvalidation::clear(FaultStatus errors) {
  FaultStatus bits;
  bits.set<FaultStatus::IQE>(errors.get<FaultStatus::IQE>());
  bits.set<FaultStatus::ICE>(errors.get<FaultStatus::ICE>());
  bits.set<FaultStatus::ITE>(errors.get<FaultStatus::ITE>());
  registers_.write(RegisterId::fsts, bits);
}

unsigned QueuedInvalidation::head() const {
  const auto head = registers_.read<InvalidationQueueHead>(RegisterId::iqh);
  return static_cast<unsigned>(head.raw() / width()) % slots();
}

/// A wait descriptor that waits for nothing takes the place of the refused one, and clearing IQE lets the queue go on
/// (VT-d specification, 6.5.2.9). Returns the slot.
unsigned QueuedInvalidation::pass_head() {
  const unsigned slot = head();
  write(slot, descriptor_of(DescriptorType::wait));
  FaultStatus met;
  met.set<FaultStatus::IQE>(true);
  clear(met);
  return slot;
}

}  // namespace iommusim::software
