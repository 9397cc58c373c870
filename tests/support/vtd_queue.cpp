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

WaitDescriptor wait_with_status(PhysAddr address, std::uint32_t data) {
  auto result = descriptor<WaitDescriptor>();
  result.set<WaitDescriptor::SW>(1);
  result.set<WaitDescriptor::STDATA>(data);
  result.set<WaitDescriptor::STADDR>(address.value() >> 2);
  return result;
}

void VtdQueue::enable(unsigned size_order) {
  bytes_ = 0x1000U << size_order;
  registers_.write32(offset::iqt, 0);
  registers_.write64(offset::iqa, base_.value() | size_order);
  registers_.command(global::qie);
}

void VtdQueue::append(const Descriptor& descriptor) {
  replace(tail_ / 16, descriptor);
  tail_ = (tail_ + 16) % bytes_;
}

void VtdQueue::replace(unsigned slot, const Descriptor& descriptor) {
  std::array<std::uint8_t, 16> bytes{};
  store_le(bytes.data(), descriptor.word(0));
  store_le(bytes.data() + 8, descriptor.word(1));
  memory_.write(base_ + 16 * std::uint64_t{slot}, bytes.data(), bytes.size());
}

}  // namespace iommusim::tests
