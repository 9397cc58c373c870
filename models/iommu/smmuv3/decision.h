// SPDX-License-Identifier: Apache-2.0
// One transaction on its way through the unit: what decide() knows of it.
#pragma once

#include "iommu/smmuv3/context_lookup.h"
#include "iommu/smmuv3/fault.h"
#include "iommu/smmuv3/stage_1_walk.h"
#include "iommu/smmuv3/translate.h"
#include "iommu/smmuv3/walk_context.h"

#include <cstdint>

namespace iommusim::smmuv3 {

class Decision {
 public:
  Decision(const DecisionInputs& unit, const iommu::TranslationRequest& request, iommu::FetchLog& fetches,
           DecisionEffects& effects)
      : unit_{unit}, request_{request}, effects_{effects}, walk_{unit, fetches, effects} {}

  iommu::TranslationResult run();

 private:
  using Result = iommu::TranslationResult;

  // translate.cpp: the steps, in order, and how they end well.
  Result decide_disabled();
  Result decide_enabled();
  Result decide_uncached();
  Result decide(const StreamContext& context, const Fault& fault);
  Result decide_in(const StreamContext& context, const Fault& fault);
  Result answer(const StreamContext& context, const Fault& fault);
  void note_updates(const Result& result, const StreamContext& context);
  Fault look_up(const StreamTableEntry& entry, StreamContext& context);
  Result translate(const StreamContext& context);
  Result pass_stream(const StreamContext& context);
  Result look_up_translation(const StreamContext& context);
  bool serves(const CachedTranslation& entry) const;
  Result pass(const Rule& rule);
  Result deliver(const StreamContext& context, const CachedTranslation& entry, unsigned shift, const Rule& rule);

  // tables_translation.cpp: the walks.
  Result walk(const StreamContext& context);
  Result walk_stage_1(const StreamContext& context);
  Result walk_stage_2(const StreamContext& context);
  Result walk_nested(const StreamContext& context);
  Result add_stage_2(const StreamContext& context, Stage1Walk& first, const Stage1Result& found, Stage2Walk& second);
  Result finish(const StreamContext& context, const TranslationTag& tag, const Rule& rule);
  Result deliver_ipa(const StreamContext& context, std::uint64_t ipa, unsigned shift);

  // translation_requests.cpp: what is particular to ATS.
  Fault check_ats(const StreamContext& context) const;
  Result decide_translated(const StreamContext& context);
  static Result grant_nothing(const Rule& rule);
  bool grants_anything(Permissions permissions) const;
  void grant(Permissions permissions, Result& result) const;

  // answers.cpp: how it ends otherwise.
  Result refuse(const Fault& fault, const StreamContext* context);
  Result refuse_silently(const Rule& rule) const;
  bool is_recorded(const Fault& fault, const FaultPolicy& policy) const;
  void describe(const Fault& fault, const StreamContext* context);

  void take_overrides(const AttributeOverrides& overrides);
  bool uses_ats() const { return request_.address_type != AddressType::untranslated; }
  bool asks_for_translation() const { return request_.address_type == AddressType::translation_request; }
  bool is_split_stage_request(const StreamContext& context) const {
    return asks_for_translation() && context.ats == AtsMode::split_stage;
  }
  bool is_translated() const { return request_.address_type == AddressType::translated; }
  bool is_beyond_output(std::uint64_t address) const { return exceeds(address, unit_.config.output_address_bits); }

  const DecisionInputs& unit_;
  const iommu::TranslationRequest& request_;
  DecisionEffects& effects_;
  WalkContext walk_;
  std::uint32_t stream_ = 0;
  /// PASIDs on translated transactions are not looked at.
  std::optional<Pasid> substream_;
  AccessNeeds needs_;
  /// Of stage 1, where that translates.
  const Stage1Half* half_ = nullptr;
  /// INSTCFG makes reads instruction fetches, or data reads.
  std::uint8_t instruction_override_ = 0;
};

}  // namespace iommusim::smmuv3
