// SPDX-License-Identifier: Apache-2.0
// ATS (SMMUv3 architecture, 3.9.1, 13.6 and 13.7).
#include "iommu/smmuv3/decision.h"
#include "iommu/smmuv3/rules.h"

namespace iommusim::smmuv3 {

/// Split-stage ATS needs ATSCHK.
Fault Decision::check_ats(const StreamContext& context) const {
  if (context.aborts || !uses_ats()) return {};
  const bool is_off = context.ats == AtsMode::off || (context.ats == AtsMode::split_stage && !unit_.control.ats_check);
  if (!is_off) return {};
  return {asks_for_translation() ? EventCode::f_bad_ats_treq : EventCode::f_transl_forbidden};
}

/// The entry allows them: as they are, or as IPAs.
Decision::Result Decision::decide_translated(const StreamContext& context) {
  if (context.ats == AtsMode::split_stage) {
    StreamContext& stage_2_only = effects_.translated_context;
    stage_2_only = context;
    stage_2_only.bypasses_stage_1 = true;
    stage_2_only.pages = context.pages_of_stage_2();
    return translate(stage_2_only);
  }
  if (is_beyond_output(request_.address.value())) return refuse_silently(rules::beyond_output_size);
  effects_.attributes = override(context.overrides, {});
  return pass(rules::translated_transaction);
}

Decision::Result Decision::grant_nothing(const Rule& rule) {
  Result result;
  result.outcome = iommu::Outcome::translated;
  result.rule = &rule;
  return result;
}

/// Execution alone is nothing, unless the stream table entry makes reads of it (13.7, 13.7.1).
bool Decision::grants_anything(Permissions permissions) const {
  const std::uint8_t reads = instruction_override_ == 3 ? Permissions::execute : Permissions::read;
  return (permissions.of(needs_.privileged) & (reads | Permissions::write)) != 0;
}

/// Execution only if it was asked for, and never without read (13.7.1).
void Decision::grant(Permissions permissions, Result& result) const {
  const std::uint8_t granted = permissions.of(needs_.privileged);
  const bool reads = (granted & Permissions::read) != 0;
  const bool executes = (granted & Permissions::execute) != 0;
  const bool asks_for_execute = substream_.has_value() && request_.execute;
  result.readable = instruction_override_ == 3 ? executes : reads;
  result.writable = (granted & Permissions::write) != 0;
  result.executable = asks_for_execute && result.readable && (instruction_override_ == 2 || executes);
  if (!grants_anything(permissions)) result = grant_nothing(rules::no_permission);
}

}  // namespace iommusim::smmuv3
