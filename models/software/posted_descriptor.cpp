// SPDX-License-Identifier: Apache-2.0
#include "software/posted_descriptor.h"

#include "iommu/vtd/posted_interrupt_descriptor.h"

namespace iommusim::software {

void write_posted_descriptor(CpuBus& bus, PhysAddr place, const PostedDescriptorSetup& setup, bool extended) {
  using Descriptor = vtd::PostedInterruptDescriptor;
  Descriptor descriptor;
  descriptor.set<Descriptor::NV>(setup.notification_vector);
  descriptor.set<Descriptor::SN>(setup.suppressed);
  if (extended)
    descriptor.set<Descriptor::NDST>(setup.apic_id);
  else
    descriptor.set<Descriptor::NDST8>(static_cast<std::uint8_t>(setup.apic_id));
  for (std::size_t i = 0; i < Descriptor::words; ++i)
    bus.store64(place + i * sizeof(std::uint64_t), descriptor.word(i));
}

void take_posted_requests(CpuBus& bus, PhysAddr place) {
  using Descriptor = vtd::PostedInterruptDescriptor;
  constexpr std::size_t request_words = 4;
  constexpr std::uint64_t control_at = request_words * sizeof(std::uint64_t);
  Descriptor descriptor;
  descriptor.set_word(request_words, bus.load64(place + control_at));
  descriptor.set<Descriptor::ON>(false);
  bus.store64(place + control_at, descriptor.word(request_words));
  for (std::size_t i = 0; i < request_words; ++i)
    bus.store64(place + i * sizeof(std::uint64_t), 0);
}

}  // namespace iommusim::software
