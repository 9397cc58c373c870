// SPDX-License-Identifier: Apache-2.0
// What an IOMMU told software of refused requests, whatever its architecture.
#pragma once

#include "base/address.h"
#include "base/requester_id.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::software {

/// Values as in FRCD.T1 and T2 of VT-d.
enum class FaultedRequest : std::uint8_t { write = 0, page_request = 1, read = 2, atomic = 3 };

/// One record.
struct FaultReport {
  RequesterId requester;
  /// VT-d: fault reason. SMMUv3: event number.
  std::uint8_t reason = 0;
  FaultedRequest request = FaultedRequest::write;
  /// The faulting page; 0 where the record has no address.
  Iova page;
  std::optional<Pasid> pasid;
};

struct FaultReports {
  /// Oldest first.
  std::vector<FaultReport> records;
  /// Later faults were lost.
  bool overflow = false;
};

}  // namespace iommusim::software
