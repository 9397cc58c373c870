// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/interrupt_posting.h"

namespace iommusim::vtd {

using Descriptor = PostedInterruptDescriptor;

Posting post(Descriptor descriptor, std::uint8_t vector, bool urgent) {
  descriptor.request(vector);
  const bool wants_notice = urgent || !descriptor.get<Descriptor::SN>();
  const bool notifies = !descriptor.get<Descriptor::ON>() && wants_notice;
  if (notifies) descriptor.set<Descriptor::ON>(true);
  return {descriptor, notifies};
}

}  // namespace iommusim::vtd
