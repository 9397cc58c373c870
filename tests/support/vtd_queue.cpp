// SPDX-License-Identifier: Apache-2.0
#include "support/vtd_queue.h"

#include "base/endian.h"

#include <array>

namespace iommusim::tests {

ContextCacheDescriptor invalidate_context(Granularity granularity) {
  auto result = descriptor<ContextCacheDescriptor>();
  result.set<ContextCacheDescriptor::G>(granularity);
  return result;
}

IotlbDescriptor invalidate_iotlb(Granularity granularity, std::uint16_t domain) {
  auto result = descriptor<IotlbDescriptor>();
  result.set<IotlbDescriptor::G>(granularity);
  result.set<IotlbDescriptor::DID>(domain);
  return result;
}

IotlbDescriptor invalidate_pages(std::uint16_t domain, Iova address, unsigned address_mask) {
  auto result = invalidate_iotlb(Granularity::selective, domain);
  result.set<IotlbDescriptor::AM>(address_mask);
  result.set<IotlbDescriptor::ADDR>(address.value() >> 12);
  return result;
}

DeviceTlbDescriptor invalidate_device_tlb(RequesterId device, Iova address) {
  auto result = descriptor<DeviceTlbDescriptor>();
  result.set<DeviceTlbDescriptor::SID>(device.raw());
  result.set<DeviceTlbDescriptor::ADDR>(address.value() >> 12);
  return result;
}

WaitDescriptor wait_with_status(PhysAddr address, std::uint32_t data) {
  auto result = descriptor<WaitDescriptor>();
  result.set<WaitDescriptor::SW>(1);
  result.set<WaitDescriptor::STDATA>(data);
  result.set<WaitDescriptor::STADDR>(address.value() >> 2);
  return result;
}

void VtdQueue::enable(unsigned size_order) {
  width_ = 16;
  enable(0, size_order);
}

void VtdQueue::enable_wide(unsigned size_order) {
  width_ = 32;
  enable(1U << 11, size_order);
}

void VtdQueue::enable(std::uint64_t address_bits, unsigned size_order) {
  bytes_ = 0x1000U << size_order;
  registers_.write32(offset::iqt, 0);
  registers_.write64(offset::iqa, base_.value() | address_bits | size_order);
  registers_.command(global::qie);
}

void VtdQueue::append(const WideDescriptor& descriptor) {
  replace(tail_ / width_, descriptor);
  tail_ = (tail_ + width_) % bytes_;
}

void VtdQueue::replace(unsigned slot, const WideDescriptor& descriptor) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < 4; ++i)
    store_le(bytes.data() + 8 * i, descriptor.word(i));
  memory_.write(base_ + std::uint64_t{width_} * slot, bytes.data(), width_);
}

}  // namespace iommusim::tests
