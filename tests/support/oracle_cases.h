// SPDX-License-Identifier: Apache-2.0
// Runs a file of conformance cases of tests/data/oracle.
#pragma once

#include "support/source_dir.h"
#include "traces/conformance_cases.h"

#include <catch2/catch.hpp>

#include <string>

namespace iommusim::tests {

/// What failed is told with the next assertion that fails.
inline traces::CaseResults run_oracle_cases(const std::string& name) {
  traces::CaseResults results = traces::run_conformance_cases(source_dir() + "/tests/data/oracle/" + name);
  for (const traces::CaseFailure& failure : results.failed) {
    UNSCOPED_INFO(failure.id << " (" << failure.category << ") step " << failure.step << ": " << failure.action);
    UNSCOPED_INFO("  expected " << failure.expected);
    UNSCOPED_INFO("  found    " << failure.found);
  }
  return results;
}

}  // namespace iommusim::tests
