// SPDX-License-Identifier: Apache-2.0
// One scenario: the command that runs it, and the verdict over what came of it.
#pragma once

#include "app/child_pool.h"
#include "app/junit.h"
#include "app/scenarios.h"

#include <string>

namespace iommusim::app {

class ScenarioRun {
 public:
  /// Files of the run go to `folder`, under names that begin with `number`.
  ScenarioRun(const Scenario& scenario, const std::string& folder, std::size_t number);

  /// Runs our own program on the platform.
  ChildCommand command(const std::string& program) const;
  /// Compares with the stored expectation.
  Verdict check(const ChildEnd& end) const;
  /// Writes the expectation. Its lines say what changed; the outcome is passed unless there was nothing to store.
  Verdict update(const ChildEnd& end) const;

 private:
  const Scenario& scenario_;
  std::string results_;
  std::string output_;
};

}  // namespace iommusim::app
