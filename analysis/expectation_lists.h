// SPDX-License-Identifier: Apache-2.0
// The lists of an expectation, as data: reading, comparing and writing go through the same table.
#pragma once

#include "analysis/expectation.h"

#include <array>
#include <string_view>
#include <vector>

namespace iommusim::analysis {

struct ExpectationColumn {
  std::string_view name;
  bool is_number = false;
};

struct ExpectationList {
  std::string_view name;
  Counts Expectation::*counts;
  std::vector<ExpectationColumn> columns;
};

/// In the order in which they stand in a file.
inline const std::array<ExpectationList, 3>& expectation_lists() {
  static const std::array<ExpectationList, 3> lists{{
      {"collisions", &Expectation::collisions, {{"kind"}, {"device"}, {"rule"}, {"where"}}},
      {"faults", &Expectation::faults, {{"device"}, {"iommu"}, {"reason"}}},
      {"interrupts", &Expectation::interrupts, {{"device"}, {"vector", true}, {"destination", true}}},
  }};
  return lists;
}

}  // namespace iommusim::analysis
