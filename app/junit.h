// SPDX-License-Identifier: Apache-2.0
// The verdicts of a regression run, and the JUnit XML in which CI systems read them.
#pragma once

#include <string>
#include <vector>

namespace iommusim::app {

enum class Outcome {
  passed,
  /// It ran, but not as expected; or it crashed, hung, or found a defect of ours.
  failed,
  /// Its files are no good.
  error,
};

struct Verdict {
  /// Path of the platform file.
  std::string scenario;
  Outcome outcome = Outcome::passed;
  /// What is wrong, one line each.
  std::vector<std::string> lines;
  double seconds = 0;
};

std::string to_junit(const std::vector<Verdict>& verdicts);

}  // namespace iommusim::app
