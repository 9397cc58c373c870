// SPDX-License-Identifier: Apache-2.0
// The 32 bytes that an event leaves in the queue (SMMUv3 architecture, 7.3).
#pragma once

#include "oracle/smmuv3/fault.h"

namespace iommusim::oracle::smmuv3 {

/// What the record says of the request itself, after the overrides of its STE.
struct Requested {
  bool privileged = false;
  bool instruction = false;
  bool stalls = false;
};

Record record_of(const Request& request, const Fault& fault, const Requested& requested);

}  // namespace iommusim::oracle::smmuv3
