// SPDX-License-Identifier: Apache-2.0
// Whether a unit gave a request what the oracle says it owes.
#pragma once

#include "conformance/vtd_random/driven_unit.h"

#include <string>

namespace iommusim::tests {

/// Empty: they agree. Otherwise the first difference in words.
std::string difference(const oracle::vtd::Request& request, const oracle::vtd::Answer& expected, const UnitAnswer& unit,
                       const ImageMemory& memory);

/// The same for a page request.
std::string difference(const iommu::PageRequest& page, const oracle::vtd::Answer& expected, const PageAnswer& unit,
                       const ImageMemory& memory);

/// One line each, for a report.
std::string describe(const oracle::vtd::Request& request);
std::string describe(const oracle::vtd::Answer& answer);

}  // namespace iommusim::tests
