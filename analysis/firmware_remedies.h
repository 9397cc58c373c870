// SPDX-License-Identifier: Apache-2.0
// What helps where a device's own firmware and the users of its domain have different memory at one address.
#pragma once

#include "analysis/remedy.h"
#include "analysis/remedy_case.h"

#include <vector>

namespace iommusim::analysis {

/// Empty: neither did firmware send the request, nor did it land in firmware's memory; or it was refused before the
/// IOMMU.
std::vector<Remedy> find_firmware_remedies(const RemedyCase& collision);

}  // namespace iommusim::analysis
