// SPDX-License-Identifier: Apache-2.0
// One request in scalable mode (VT-d specification, 3.4.3 and 3.6 to 3.8).
#pragma once

#include "iommu/vtd/request_translation.h"
#include "iommu/vtd/second_stage_walk.h"

namespace iommusim::vtd {

iommu::TranslationResult translate_in_scalable_mode(const RequestInputs& inputs);

/// The second stage of a PASID.
SecondStage second_stage_of(const PasidContext& pasid);

}  // namespace iommusim::vtd
