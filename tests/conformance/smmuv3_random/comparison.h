// SPDX-License-Identifier: Apache-2.0
// Whether a unit gave a request what the oracle says it owes.
#pragma once

#include "conformance/smmuv3_random/driven_unit.h"

#include <string>

namespace iommusim::tests::smmu {

/// Empty: they agree. Otherwise the first difference in words.
std::string difference(const oracle::smmuv3::Request& request, const oracle::smmuv3::Answer& expected,
                       const UnitAnswer& unit, const ImageMemory& memory);

/// One line each, for a report.
std::string describe(const oracle::smmuv3::Request& request);
std::string describe(const oracle::smmuv3::Answer& answer);

}  // namespace iommusim::tests::smmu
