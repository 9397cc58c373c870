// SPDX-License-Identifier: Apache-2.0
// The summary of a run for people.
#pragma once

#include "analysis/json_report.h"
#include "analysis/results.h"
#include "platforms/machine.h"

#include <string>

namespace iommusim::analysis {

/// Counts first, then each collision with intent, landing, cause, path and remedies. Collisions of one device, kind
/// and rule on several pages are shown once, with the number of pages.
std::string to_text(const Results& results, const RunInfo& info, const platforms::Machine& machine);

/// "memory 0x140000000 (rx-pool + 0x0)", "gpu0 BAR 2 + 0x1000", ...
std::string to_text(const Landing& landing, const platforms::Machine& machine);
std::string to_text(const Intent& intent, const platforms::Machine& machine);
/// "nic0 > sw0-dp0 > gpu0".
std::string to_text(const Path& path, const platforms::Machine& machine);

}  // namespace iommusim::analysis
