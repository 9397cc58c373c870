// SPDX-License-Identifier: Apache-2.0
// One request in legacy mode (VT-d specification, 3.4.2 and 3.7).
#pragma once

#include "iommu/vtd/request_translation.h"

namespace iommusim::vtd {

iommu::TranslationResult translate_in_legacy_mode(const RequestInputs& inputs);

}  // namespace iommusim::vtd
