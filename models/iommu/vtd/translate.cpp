// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/translate.h"

#include "iommu/vtd/answers.h"
#include "iommu/vtd/interrupt_range.h"
#include "iommu/vtd/legacy_translation.h"
#include "iommu/vtd/rules.h"
#include "iommu/vtd/scalable_translation.h"

namespace iommusim::vtd {
namespace {

using iommu::FetchLog;
using iommu::TranslationRequest;
using iommu::TranslationResult;

/// Who does not remap does not look at the PASID either (3.1).
TranslationResult decide_disabled(const DecisionInputs& unit, const TranslationRequest& request) {
  TranslationRequest without_pasid = request;
  without_pasid.pasid.reset();
  if (const auto settled = decide_interrupt_range(without_pasid)) return *settled;
  if (unit.protected_memory.blocks(PhysAddr{request.address.value()}, request.size))
    return refuse_silently(request, rules::protected_memory);
  if (request.address_type != AddressType::untranslated) return refuse_silently(request, rules::ats_without_remapping);
  return pass_unchanged(request, rules::translation_disabled);
}

/// Whatever the mode: no unit takes a PASID in a translated request (4.2.1).
TranslationResult refuse_pasid(const TranslationRequest& request) {
  if (request.address_type == AddressType::translated) return refuse_silently(request, rules::translated_with_pasid);
  return refuse(request, FaultReason::pasid_in_legacy_mode, false);
}

}  // namespace

TranslationResult decide(const DecisionInputs& unit, const TranslationRequest& request, FetchLog& fetches,
                         DecisionEffects& effects) {
  fetches.clear();
  effects.clear();
  if (!unit.remapping.enabled) return decide_disabled(unit, request);
  if (touches_interrupt_range(request.address.value(), request.size))
    if (const auto settled = decide_interrupt_range(request)) return *settled;
  switch (unit.remapping.table_mode) {
    case TableMode::legacy:
      if (request.pasid.has_value()) return refuse_pasid(request);
      return LegacyTranslation{RequestInputs{unit, request, fetches, effects}}.run();
    case TableMode::scalable:
      if (!unit.format.scalable().is_supported) break;
      return translate_in_scalable_mode({unit, request, fetches, effects});
    case TableMode::abort_dma:
      if (!unit.format.supports_abort_dma()) break;
      return refuse_silently(request, rules::abort_dma);
    case TableMode::reserved: break;
  }
  return refuse(request, FaultReason::table_mode_invalid, false);
}

}  // namespace iommusim::vtd
