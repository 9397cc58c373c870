// SPDX-License-Identifier: Apache-2.0
// Register-based invalidation (VT-d specification, 6.5.1): the commands in CCMD and IOTLB.
#pragma once

#include "iommu/vtd/config.h"
#include "iommu/vtd/registers.h"
#include "iommu/vtd/translation_caches.h"

namespace iommusim::vtd {

/// The register after the command was carried out: ICC clear, CAIG the actual granularity, 0 for a request
/// that is not legal.
ContextCommand execute(ContextCommand command, TranslationCaches& caches);

/// Likewise: IVT clear, IAIG. `address` is IVA.
IotlbInvalidate execute(IotlbInvalidate command, InvalidateAddress address, const UnitConfig& config,
                        TranslationCaches& caches);

/// The unit has the granularity, and for pages the address mask is within CAP.MAMV.
bool is_legal(const IotlbInvalidation& request, const UnitConfig& config);

}  // namespace iommusim::vtd
