// SPDX-License-Identifier: Apache-2.0
#include "software/invalidation_submitter.h"

#include "software/queued_invalidation.h"
#include "software/register_invalidation.h"

namespace iommusim::software {

std::unique_ptr<InvalidationSubmitter> make_invalidation_submitter(RemappingRegisters& registers,
                                                                   PageAllocator& pages) {
  if (registers.extended_capability().get<vtd::ExtendedCapability::QI>())
    return std::make_unique<QueuedInvalidation>(registers, pages);
  return std::make_unique<RegisterInvalidation>(registers);
}

}  // namespace iommusim::software
