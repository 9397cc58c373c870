// SPDX-License-Identifier: Apache-2.0
// Table-level cases with the answers of another implementation, run on our unit.
#pragma once

#include "traces/read_progress.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace iommusim::traces {

struct CaseFailure {
  std::string id;
  std::string category;
  /// Index into the case's accesses.
  std::size_t step = 0;
  /// The step and both answers, as JSON.
  std::string action;
  std::string expected;
  std::string found;
};

struct CaseResults {
  std::size_t passed = 0;
  std::vector<CaseFailure> failed;
  /// Ids of cases that differ only where the specification is against the answers, by its rule and section.
  std::map<std::string, std::vector<std::string>> judged;
};

/// Runs the cases of `file`, plain or zstd-compressed (docs/conformance-cases.md has the format). A case
/// fails at its first step with a wrong answer. Throws InputError for what is no case, and for a kind or mode that
/// nobody knows.
CaseResults run_conformance_cases(const std::string& file, const ReadProgress& progress = {});

}  // namespace iommusim::traces
