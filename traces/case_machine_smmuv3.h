// SPDX-License-Identifier: Apache-2.0
// The machine of one conformance case of an SMMUv3.
#pragma once

#include "iommu/smmuv3/unit.h"
#include "traces/case_machine.h"
#include "traces/smmuv3_walked_pages.h"

namespace iommusim::traces {

class Smmuv3CaseMachine final : public CaseMachine {
 public:
  /// Throws InputError for what is no case.
  explicit Smmuv3CaseMachine(const platforms::JsonValue& test);

 private:
  iommu::Unit& unit() override { return unit_; }
  nlohmann::json msi(const platforms::JsonValue& step) override;
  void observe(const iommu::TranslationRequest& request, const iommu::TranslationResult& result,
               const iommu::FetchLog& fetches) override;
  void add_fault_state(nlohmann::json& answer) override;
  void clear_fault_state() override;

  nlohmann::json first_event() const;

  smmuv3::Unit unit_;
  Smmuv3WalkedPages pages_;
};

}  // namespace iommusim::traces
