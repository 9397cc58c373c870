// SPDX-License-Identifier: Apache-2.0
// Invalidation through CCMD, IVA and IOTLB (VT-d specification, 6.5.1), for units without a queue.
#pragma once

#include "software/invalidation_submitter.h"

namespace iommusim::software {

class RegisterInvalidation final : public InvalidationSubmitter {
 public:
  explicit RegisterInvalidation(RemappingRegisters& registers) : registers_{registers} {}

  void start() override {}
  [[nodiscard]] bool submit(const vtd::ContextInvalidation& request) override;
  [[nodiscard]] bool submit(const vtd::IotlbInvalidation& request) override;
  /// There are no registers for these.
  [[nodiscard]] bool submit(const iommu::DeviceTlbInvalidation&) override { return false; }
  [[nodiscard]] bool submit(const vtd::PasidCacheInvalidation&) override { return false; }
  [[nodiscard]] bool submit(const iommu::PageGroupResponse&) override { return false; }

 private:
  RemappingRegisters& registers_;
};

}  // namespace iommusim::software
