// SPDX-License-Identifier: Apache-2.0
// How a request ends that an IOMMU holds for software (SMMUv3 specification, 3.12.2).
#pragma once

#include "base/rule.h"
#include "iommu/unit.h"

#include <functional>

namespace iommusim::iommu {

/// A request that is held so often again has an owner who does not repair what it asks for.
constexpr unsigned most_retries = 16;

/// Carries out what software says of `request`, for which translate() gave `stalled`. `software` lets it look at the
/// stall; it may be empty. The result is stalled where software says nothing, and after `most_retries`: such a request
/// never completes. `fetches` are those of the last try.
TranslationResult end_stall(Unit& unit, const TranslationRequest& request, const TranslationResult& stalled,
                            FetchLog& fetches, const std::function<void()>& software);

namespace rules {
/// Software never says what is to become of the request.
extern const Rule stall_unanswered;
}  // namespace rules

}  // namespace iommusim::iommu
