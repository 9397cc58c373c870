// SPDX-License-Identifier: Apache-2.0
// The machine of one conformance case of a VT-d unit.
#pragma once

#include "iommu/vtd/unit.h"
#include "traces/case_machine.h"

namespace iommusim::traces {

class VtdCaseMachine final : public CaseMachine {
 public:
  /// Throws InputError for what is no case.
  explicit VtdCaseMachine(const platforms::JsonValue& test);

 private:
  iommu::Unit& unit() override { return unit_; }
  nlohmann::json msi(const platforms::JsonValue& step) override;
  void add_fault_state(nlohmann::json& answer) override;
  void clear_fault_state() override;

  const char* deviation_of(const iommu::TranslationRequest& interrupt) const;
  nlohmann::json first_fault_record() const;

  vtd::Unit unit_;
};

}  // namespace iommusim::traces
