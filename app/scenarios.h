// SPDX-License-Identifier: Apache-2.0
// The scenarios below a folder: platforms that name a trace and an expectation.
#pragma once

#include <string>
#include <vector>

namespace iommusim::app {

struct Scenario {
  /// As it is printed: the path of the platform file, beginning with the folder that was given.
  std::string platform;
  std::string expectation;
  /// The platform file cannot be read, and why; `expectation` is empty then.
  std::string error;
};

/// In the order of their paths. `folder` may also be one platform file. Platforms that name no trace or no expectation
/// are left out. Throws InputError when there is no such folder.
std::vector<Scenario> find_scenarios(const std::string& folder);

}  // namespace iommusim::app
