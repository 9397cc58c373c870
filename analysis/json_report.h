// SPDX-License-Identifier: Apache-2.0
// results.json, schema iommusim.results/1 (docs/results.schema.json).
#pragma once

#include "analysis/results.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"

#include <nlohmann/json.hpp>

#include <string>

namespace iommusim::analysis {

/// Where the results come from.
struct RunInfo {
  std::string trace;
  /// "loose".
  std::string timing;
};

/// Keys in a fixed order, so that equal runs give equal bytes.
nlohmann::ordered_json to_json(const Results& results, const RunInfo& info, const platforms::Machine& machine);

/// One hop for each component, with the rule that it applied.
nlohmann::ordered_json to_json(const Path& path, const platforms::Machine& machine);
/// Where an access landed, in the words of its kind.
nlohmann::ordered_json to_json(const Landing& landing, const platforms::Machine& machine);
nlohmann::ordered_json to_json(const Intent& intent, const platforms::Machine& machine);

}  // namespace iommusim::analysis
