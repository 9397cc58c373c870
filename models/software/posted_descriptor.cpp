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

}  // namespace iommusim::software
